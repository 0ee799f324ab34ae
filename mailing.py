"""The job edge of letters: each is claimed, written out and sent, or put into a file where no mail server is.

One commit before a letter leaves and one after it, as with banks: a crash in between sends it again under the
same Message-ID, and never loses it.
"""

import logging
import smtplib
import ssl
from collections.abc import Sequence
from email.utils import formataddr
from pathlib import Path

from flask import Flask, current_app
from flask_mailman import EmailMultiAlternatives, Mail
from flask_mailman.backends.smtp import EmailBackend

import config
from checkout import letters as customers_letters
from dashboard import letters as merchants_letters
from kit import bulk, clock, database, jobs
from kit.database import Base, db
from payments import events
from payments.emails import SHAPE
from payments.hosted import addresses
from payments.merchants import users_of
from payments.receipts import asking
from payments.receipts.letters import Letter, due
from payments.scope import acting_as, caller, system
from webhooks import delinquency
from webhooks.webhook_endpoints import WebhookEndpoint

logger = logging.getLogger("florin.mail")

SEND = "mailing.send_due"
# (seconds between runs, dotted path): tries fall due, and kicks get lost.
SWEEPS: tuple[tuple[float, str], ...] = ((5.0, "mailing.kick_if_due"), (3600.0, "mailing.forget_old"))
AT_ONCE = 20
KEPT_SECONDS = 90 * 24 * 3600
HOUSE = "Florin"  # who writes to merchants
REFUSED_FOR_GOOD = 500  # SMTP: from here on the server will not take the recipient at any later time
ENDPOINT_DISABLED = "endpoint_disabled"

# What a letter is about -> what it says.
WRITERS = {
    asking.PAYMENT: customers_letters.receipt,
    asking.REFUND: customers_letters.refund_receipt,
    ENDPOINT_DISABLED: merchants_letters.endpoint_disabled,
}


class VerifyingBackend(EmailBackend):  # type: ignore[misc]  # as above
    """Flask-Mailman's SMTP, but for how it connects.

    Its own `starttls` leaves the context out, and Python then takes any certificate; and it waits for the
    name service to say what this machine is called.
    """

    connection: smtplib.SMTP | None

    def open(self) -> bool:
        """Connect, where there is no connection yet; raises OSError or SMTPException."""
        if self.connection:
            return False
        self.connection = self._connected()
        return True

    def _connected(self) -> smtplib.SMTP:
        context, own_name = ssl.create_default_context(), addresses.host()
        if self.use_ssl:
            return self._signed_in(
                smtplib.SMTP_SSL(
                    self.host, self.port, local_hostname=own_name, timeout=self.timeout, context=context
                )
            )
        connection = smtplib.SMTP(self.host, self.port, local_hostname=own_name, timeout=self.timeout)
        if self.use_tls:
            connection.starttls(context=context)
        return self._signed_in(connection)

    def _signed_in(self, connection: smtplib.SMTP) -> smtplib.SMTP:
        if self.username:
            connection.login(self.username, self.password)
        return connection


def connect(app: Flask, settings: config.Settings) -> None:
    """Wire letters into events, commits and disabled endpoints; the lists are the process's."""
    mail = settings.mail
    app.config.update(
        MAIL_BACKEND=VerifyingBackend,
        MAIL_SERVER=mail.server,
        MAIL_PORT=mail.port,
        MAIL_USERNAME=mail.username,
        MAIL_PASSWORD=mail.password,
        MAIL_USE_TLS=mail.security == "starttls",
        MAIL_USE_SSL=mail.security == "tls",
        MAIL_TIMEOUT=mail.timeout_seconds,
        MAIL_DEFAULT_SENDER=mail.sender,
    )
    Mail(app)
    for listeners, listener in (
        (events.subscribers, asking.hear),
        (database.on_commit, after_commit),
        (delinquency.subscribers, tell_of_endpoint),
    ):
        if listener not in listeners:
            listeners.append(listener)  # type: ignore[arg-type]


def after_commit(new: Sequence[Base]) -> None:
    """Wake a worker for letters that have just been written."""
    if any(isinstance(row, Letter) for row in new):
        jobs.kick(SEND)


def kick_if_due() -> None:
    """Wake a worker for letters whose next try has come, or whose kick or worker was lost."""
    if due(1):
        jobs.kick(SEND)
    database.rollback()


def tell_of_endpoint(endpoint: WebhookEndpoint, reason: str) -> None:
    """Collect a letter to each user of the merchant whose endpoint the house has just disabled."""
    for user in users_of(caller().account_id):
        Letter.write(
            ENDPOINT_DISABLED,
            endpoint.id,
            user.email,
            occasion=str(endpoint.version),
            url=endpoint.url,
            reason=reason,
        )


def forget_old() -> int:
    """Delete letters that are over and done with for long: they hold addresses; return how many."""
    return bulk.delete_where(Letter, (Letter.created < clock.now() - KEPT_SECONDS) & Letter.due_at.is_(None))


def send_due() -> int:
    """Send all that is due; return how many letters have left."""
    left = 0
    while letter_ids := due(AT_ONCE):
        left += sum(map(_handled, letter_ids))
    return left


def _handled(letter_id: str) -> bool:
    """Claim one letter and send it; one that can't be sent must not keep the others waiting."""
    try:
        letter = db.session.get(Letter, letter_id)
        if letter is None:
            return False
        with acting_as(system(letter.account_id, livemode=letter.livemode)):
            claimed = letter.claim()
            database.commit()
            left = claimed and _sent(letter)
            database.commit()
    except (database.StaleWrite, database.DuplicateRow):
        logger.info("letter %s is another worker's", letter_id)
        return False
    else:
        return left
    finally:
        database.rollback()


def _sent(letter: Letter) -> bool:
    try:
        way = _delivered(_composed(letter), letter)
    except smtplib.SMTPRecipientsRefused as refusal:
        codes = [code for code, _ in refusal.recipients.values()]
        letter.failed(f"refused with {codes}", for_good=min(codes, default=0) >= REFUSED_FOR_GOOD)
    except (OSError, smtplib.SMTPException) as problem:
        logger.warning("letter %s could not be sent: %s", letter.id, problem)
        letter.failed(f"{type(problem).__name__}: {problem}")
    except Exception as defect:
        logger.exception("letter %s could not be written", letter.id)
        letter.failed(type(defect).__name__)
    else:
        letter.sent(way)
        return True
    return False


def _composed(letter: Letter) -> EmailMultiAlternatives:
    """Return the mail; what goes into its head is one line of text, whoever wrote it."""
    if SHAPE.fullmatch(letter.recipient) is None:
        raise ValueError("the recipient is no address")
    written = WRITERS[letter.kind](letter)
    message = EmailMultiAlternatives(
        subject=written.subject,
        body=written.text,
        from_email=formataddr((written.sender or HOUSE, _settings().mail.sender)),
        to=[letter.recipient],
        headers={
            "Message-ID": f"<{letter.id}@{addresses.host()}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(written.html, "text/html")
    return message


def _delivered(message: EmailMultiAlternatives, letter: Letter) -> str:
    """Send a mail, or keep it as a file; return which of the two it was."""
    mail = _settings().mail
    if mail.server is not None and (letter.livemode or mail.test_mode == "send"):
        connection = message.get_connection()
        try:
            message.send()
        finally:
            # Flask-Mailman leaves it open where sending fails; what goes wrong while it ends is no failure.
            connection.fail_silently = True
            connection.close()
        return "smtp"
    folder = _settings().data_dir / "mail"
    folder.mkdir(mode=0o700, exist_ok=True)
    _kept(folder / f"{letter.id}.eml", message.message().as_bytes())
    return "file"


def _kept(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all; the same letter written twice is the same file."""
    draft = path.with_suffix(".draft")
    draft.write_bytes(content)
    draft.replace(path)


def _settings() -> config.Settings:
    settings: config.Settings = current_app.config["FLORIN"]
    return settings
