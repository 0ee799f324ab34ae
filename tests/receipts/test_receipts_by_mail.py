"""A receipt leaves after the commit, once for each claim, is lost by no crash, and says what it may."""

import email
import re
import smtplib
import time
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

import mailing
from kit import clock, database
from kit.database import db
from payments.receipts import wishes
from payments.receipts.letters import CLAIM_SECONDS, PAUSES_SECONDS, Letter
from payments.receipts.wishes import Wishes, change_wishes
from payments.scope import acting_as, system
from tests.receipts.conftest import letters_about, send
from tests.support.buyer import Buyer, Till, look
from tests.support.factories import create_merchant
from tests.support.hosted_page import GOOD_CARD
from tests.support.mail_server import Inbox

TO = "asha.receipts@example.com"


def pay(till: Till, **more: Any) -> dict[str, Any]:
    """Take a payment of $20.00; returns its charge."""
    given = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True,
             "payment_method_types": ["card"], "receipt_email": TO, **more}  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    intent = till.post("/v1/payment_intents", given)
    return till.get(f"/v1/charges/{intent['latest_charge']}")


def wish(till: Till, **wanted: bool) -> None:
    account = till.get("/v1/account")["id"]
    with till.app.app_context(), acting_as(system(account, livemode=False)):
        change_wishes(Wishes(**{"payments": False, "refunds": False, **wanted}))
        database.commit()
    wishes._known.clear()


def body_of(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_payment_with_an_address_sends_a_receipt(app: Flask, till: Till, inbox: Inbox) -> None:
    charge = pay(till, description="Two tulips", statement_descriptor_suffix="TULIPS")
    assert (charge["receipt_email"], charge["receipt_number"][4]) == (TO, "-")
    assert send(app) == 1
    (message,) = inbox.to(TO)
    assert message["Subject"] == f"Your receipt from Rosie's Roses, number {charge['receipt_number']}"
    assert str(message["From"]).startswith("Rosie's Roses <receipts@")
    assert re.fullmatch(r"<letter_\w+@[\w.]+>", message["Message-ID"])
    for text in (body_of(message), body_of(message, "html")):
        for words in ("$20.00", "Two tulips", "4242", charge["receipt_number"], charge["receipt_url"]):
            assert words in text
        assert GOOD_CARD not in text
        assert "secret" not in text
    assert send(app) == 0


def test_mail_and_page_name_the_merchant_as_the_page_did_that_was_paid_on(
    app: Flask, till: Till, inbox: Inbox
) -> None:
    wish(till, payments=True)
    session = till.open_session(branding_settings={"display_name": "Rosie & Daughters"})
    assert "Rosie & Daughters" in Buyer(app, session).pay().text
    (charge,) = till.charges_of(session["id"])
    assert send(app) == 1
    (message,) = inbox.messages
    assert message["Subject"] == f"Your receipt from Rosie & Daughters, number {charge['receipt_number']}"
    assert str(message["From"]).startswith("Rosie & Daughters <receipts@")
    assert "Thank you for your payment to Rosie & Daughters." in body_of(message)
    page = look(app.test_client().get(urlsplit(charge["receipt_url"]).path)).text
    assert page.count("Rosie & Daughters") == 3  # title, head and "Paid to"
    assert "Rosie's Roses" not in page


def test_no_address_and_no_wish_is_no_mail(app: Flask, till: Till, inbox: Inbox) -> None:
    charge = pay(till, receipt_email=None)
    assert letters_about(app, charge["id"]) == []
    assert (send(app), inbox.messages, charge["receipt_number"]) == (0, [], None)


def test_a_merchants_wish_sends_to_the_address_that_was_typed(app: Flask, till: Till, inbox: Inbox) -> None:
    wish(till, payments=True)
    session = till.open_session(locale="de")
    Buyer(app, session).pay(email="typed@example.com")
    assert send(app) == 1
    (message,) = inbox.to("typed@example.com")
    assert "Marigold field guide" in body_of(message)
    assert "499,00" in body_of(message).replace("\xa0", " ")


def test_a_declined_payment_sends_nothing(app: Flask, till: Till, inbox: Inbox) -> None:
    wish(till, payments=True)
    Buyer(app, till.open_session()).pay(cardNumber="4000000000000002")
    assert (send(app), inbox.messages) == (0, [])


def test_what_is_captured_later_has_its_receipt_then(app: Flask, till: Till, inbox: Inbox) -> None:
    charge = pay(till, capture_method="manual")
    assert (send(app), charge["receipt_url"]) == (0, None)
    till.post(f"/v1/payment_intents/{charge['payment_intent']}/capture", {"amount_to_capture": 1500})
    assert send(app) == 1
    assert "$15.00" in body_of(inbox.to(TO)[0])


def test_each_refund_has_a_receipt_of_its_own_and_its_metadata_none(
    app: Flask, till: Till, inbox: Inbox
) -> None:
    charge = pay(till)
    refunds = [till.post("/v1/refunds", {"charge": charge["id"], "amount": amount}) for amount in (500, 700)]
    till.post(f"/v1/refunds/{refunds[0]['id']}", {"metadata": {"why": "late"}})
    assert send(app) == 3
    told = sorted(body_of(message) for message in inbox.to(TO) if "refund" in str(message["Subject"]))
    assert ["$5.00" in told[0], "$7.00" in told[1]] == [True, True]
    numbers = {till.get(f"/v1/refunds/{refund['id']}")["receipt_number"] for refund in refunds}
    assert len(numbers - {charge["receipt_number"], None}) == 2


def test_without_a_server_test_modes_mails_are_files(app: Flask, till: Till, folder: Path) -> None:
    charge = pay(till)
    assert send(app) == 1
    (kept,) = folder.iterdir()
    message = email.message_from_bytes(kept.read_bytes(), policy=default)
    assert (message["To"], charge["receipt_number"] in message["Subject"]) == (TO, True)
    assert letters_about(app, charge["id"])[0].sent_at is not None


def test_a_server_that_is_down_is_asked_again_and_given_up_at_last(
    app: Flask, till: Till, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = pay(till)
    inbox.answers += ["451 later"] * 20
    now = int(time.time())
    for number, pause in enumerate(PAUSES_SECONDS, 1):
        assert send(app) == 0
        (letter,) = letters_about(app, charge["id"])
        assert letter.tries == number
        assert send(app) == 0
        assert letters_about(app, charge["id"])[0].tries == number
        now += pause + 5
        monkeypatch.setattr(clock, "now", lambda moment=now: moment)
    send(app)
    (letter,) = letters_about(app, charge["id"])
    assert (letter.due_at, letter.sent_at, letter.given_up_at) == (None, None, now)
    assert "451" in str(letter.problem)


def test_a_recipient_who_does_not_exist_is_not_asked_for_twice(app: Flask, till: Till, inbox: Inbox) -> None:
    charge = pay(till)
    inbox.answers.append("550 nobody here")
    assert send(app) == 0
    (letter,) = letters_about(app, charge["id"])
    assert letter.given_up_at is not None
    assert letter.due_at is None


def test_a_crash_before_sending_loses_nothing_and_one_after_it_is_told_as_a_copy(
    app: Flask, till: Till, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = pay(till)

    class Crash(BaseException):
        """The process ends here."""

    def dies(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as before:
        before.setattr(mailing, "_delivered", dies)
        with pytest.raises(Crash):
            send(app)
    assert send(app) == 0  # the claim holds
    later = int(time.time()) + CLAIM_SECONDS + 1
    monkeypatch.setattr(clock, "now", lambda: later)
    with monkeypatch.context() as after:
        after.setattr(Letter, "sent", dies)
        with pytest.raises(Crash):
            send(app)
    again = later + PAUSES_SECONDS[1] + 1
    monkeypatch.setattr(clock, "now", lambda: again)
    assert send(app) == 1
    first, second = inbox.to(TO)
    assert first["Message-ID"] == second["Message-ID"]
    assert len(letters_about(app, charge["id"])) == 1


def test_two_workers_do_not_send_one_claim(app: Flask, till: Till, inbox: Inbox) -> None:
    charge = pay(till)
    (letter,) = letters_about(app, charge["id"])
    with app.app_context():
        slow = db.session.get(Letter, letter.id)
        assert slow is not None
        slow.claim()
        with app.app_context():
            assert mailing.send_due() == 1
            db.session.remove()
        with pytest.raises(database.StaleWrite):
            database.commit()
        db.session.remove()
    assert len(inbox.to(TO)) == 1


@pytest.mark.parametrize(
    "name",
    [
        "Rosie\r\nBcc: victim@example.com",
        'Rosie" <victim@example.com>, "x',
        "Ros\u00e9 \u202eevil",
        "R" * 500,
    ],
)
def test_no_name_adds_a_line_or_a_recipient_to_the_head(app: Flask, inbox: Inbox, name: str) -> None:
    _, secret_key = create_merchant(app, name)
    pay(Till(app, secret_key), description="<script>alert(1)</script>\r\n.\r\nMAIL FROM:<x@example.com>")
    assert send(app) == 1
    (message,) = inbox.messages
    assert inbox.recipients == [TO]
    assert message["Bcc"] is None
    assert message["From"].addresses[0].addr_spec.startswith("receipts@")
    assert len(message["From"].addresses) == 1
    assert "\u202e" not in str(message["From"])
    assert "<script>" not in body_of(message, "html")


def test_an_address_that_smuggles_a_header_is_refused_by_the_api(till: Till) -> None:
    for address in ("a@example.com\r\nBcc: b@example.com", "a@example.com, b@example.com", "a b@example.com"):
        given = {"amount": "2000", "currency": "usd", "receipt_email": address}
        answer = till.client.post("/v1/payment_intents", data=given, headers=till.headers)
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "email_invalid")


def test_starttls_takes_no_certificate_that_nobody_vouches_for(
    monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    contexts: list[Any] = []

    class Server:
        def __init__(self, *_: object, **__: object) -> None:
            """A server that only looks at how it is asked for TLS."""

        def starttls(self, *, context: Any) -> None:
            contexts.append(context)

    monkeypatch.setattr(smtplib, "SMTP", Server)
    with app.app_context():
        backend = mailing.VerifyingBackend(
            mailman=app.extensions["mailman"], host="mail.example", use_tls=True
        )
        assert backend.open()
    assert (contexts[0].check_hostname, contexts[0].verify_mode.name) == (True, "CERT_REQUIRED")


def test_letters_that_are_done_with_are_forgotten_after_ninety_days(
    app: Flask, till: Till, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = pay(till)
    assert send(app) == 1
    waiting = pay(till)
    later = int(time.time()) + mailing.KEPT_SECONDS + 60
    monkeypatch.setattr(clock, "now", lambda: later)
    with app.app_context():
        mailing.forget_old()
        db.session.remove()
    assert [len(letters_about(app, charge["id"])) for charge in (sent, waiting)] == [0, 1]
    assert list(folder.iterdir())


def test_a_capture_that_names_the_address_that_it_would_go_to_anyway(
    app: Flask, till: Till, inbox: Inbox
) -> None:
    wish(till, payments=True)
    customer = till.post("/v1/customers", {"email": TO, "source": "tok_visa"})
    given = {"amount": 2000, "currency": "usd", "customer": customer["id"], "capture": False}
    held = till.post("/v1/charges", given)
    captured = till.post(f"/v1/charges/{held['id']}/capture", {"receipt_email": TO})
    assert (captured["captured"], captured["receipt_email"]) == (True, TO)
    assert till.get(f"/v1/charges/{held['id']}")["receipt_email"] == TO
    assert (send(app), len(inbox.to(TO))) == (1, 1)
