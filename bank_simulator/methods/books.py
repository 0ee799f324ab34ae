"""Begins a payment by another method than a card, takes its customer's steps, and ends it exactly once."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bank_simulator import authorizations, journal, languages, notices, schedule
from bank_simulator.authorizations import Row
from bank_simulator.issuer import Limits
from bank_simulator.journal import Entry, Stamp
from bank_simulator.languages import Words
from bank_simulator.methods import METHODS, payers
from bank_simulator.methods.forms import PaymentForm
from bank_simulator.methods.kinds import EXPIRED, NO_MONEY, OPEN, Approve, Ask, Move, Payment, Refuse, Wait
from bank_simulator.methods.reasons import CODES, REASONS
from bank_simulator.methods.tables import payments
from bank_simulator.tables import authorizations as rows

EXPIRE, END = "method.expire", "method.end"
APPROVED = "00"
ENDED = "ended"


@dataclass(frozen=True)
class Terms:
    """What holds for every payment of this bank; `key` keys the marks of accounts."""

    key: bytes
    limits: Limits


def begin(tx: Connection, form: PaymentForm, stamp: Stamp, terms: Terms, base: str) -> Entry:
    """Opens the payment and makes its method's first move; a void that came first has buried it."""
    method = METHODS[form.method]
    buried = authorizations.find(tx, form.reference) is not None
    move = Refuse("processing_error") if buried else method.begin(dict(form.details), stamp.now)
    own = _own_row(form, move, stamp.now, base)
    tx.execute(insert(payments), own)
    languages.keep(tx, form.reference, form.browser_language)
    row = authorizations.empty_row(form.reference, stamp.now) | {
        "merchant_id": form.merchant_id,
        "outcome": "challenge_required",
        "tombstone": buried,
        "amount_minor": form.amount_minor,
        "currency": form.currency,
    }
    if buried:
        tx.execute(_of(form.reference).values({name: row[name] for name in row if name != "reference"}))
    else:
        tx.execute(insert(rows), row)
        schedule.put(tx, own["expires_at"], EXPIRE, form.reference)
    _make(tx, payment_of(tx, form.reference), move, terms, stamp.now, told=False)
    row = authorizations.find(tx, form.reference) or row
    return Entry(
        kind="authorization",
        reference=form.reference,
        authorization=form.reference,
        content_digest=stamp.content_digest,
        outcome=row["outcome"],
        amount_minor=form.amount_minor,
        currency=form.currency,
        response_code=row["response_code"],
        card_fingerprint=row["card_fingerprint"],
        answer=as_told(tx, row),
        created=stamp.now,
    )


def step(tx: Connection, reference: str, sent: Mapping[str, str], terms: Terms, now: int) -> Words | None:
    """Takes what the customer sent from a page; returns what was wrong with it. An ended payment stays so."""
    payment = payment_of(tx, reference)
    if not payment.open or payment.expires_at <= now:
        return None
    move = METHODS[payment.method].act(payment, sent)
    _make(tx, payment, move, terms, now, told=True)
    return move.problem if isinstance(move, Ask) else None


def by_token(tx: Connection, token: str) -> Payment | None:
    """The payment that a page's address stands for."""
    reference = tx.execute(select(payments.c.reference).where(payments.c.token == token)).scalar()
    return None if reference is None else payment_of(tx, reference)


def look_up(tx: Connection, reference: str) -> dict[str, Any] | None:
    """How an authorisation of any kind stands now."""
    row = authorizations.find(tx, reference)
    return None if row is None else as_told(tx, row)


def as_told(tx: Connection, row: Row) -> dict[str, Any]:
    """An authorisation as its caller sees it, with what its method knows; a card's own stays as it is."""
    answer = authorizations.as_answer(row)
    own = tx.execute(select(payments).where(payments.c.reference == row["reference"])).mappings().first()
    if own is None:
        return answer
    facts = json.loads(own["facts"])
    code = CODES.get(row["response_code"] or "")
    return answer | {
        "challenge_url": own["url"],
        "method": {"type": own["method"]} | {name: facts.get(name) for name in METHODS[own["method"]].told},
        "decline": None
        if code is None
        else {"code": code, "decline_code": None, "network_decline_code": None, "advice_code": None},
        "expires_at": own["expires_at"],
    }


def expire(tx: Connection, reference: str, now: int) -> None:
    """The schedule's: whoever has not acted by now has let it go. A debit on its way is not let go."""
    payment = payment_of(tx, reference)
    if payment.open and ending_of(tx, reference) is None:
        _end(tx, payment, Refuse(EXPIRED), now)


def end(tx: Connection, reference: str, now: int) -> None:
    """The schedule's: the end that was decided when the payment was accepted."""
    payment, ending = payment_of(tx, reference), ending_of(tx, reference)
    if payment.open and ending is not None:
        _end(tx, payment, ending, now)


schedule.HANDLERS |= {EXPIRE: expire, END: end}


def conclude(tx: Connection, payment: Payment, move: Approve | Refuse, now: int) -> None:
    """Ends a payment that would end later."""
    _end(tx, payment, move, now)


def is_payment(tx: Connection, reference: str) -> bool:
    """Whether the reference is that of a payment by another method than a card."""
    query = select(payments.c.reference).where(payments.c.reference == reference)
    return tx.execute(query).first() is not None


def _own_row(form: PaymentForm, move: Move, now: int, base: str) -> Row:
    token = secrets.token_urlsafe(24)
    return {
        "reference": form.reference,
        "token": token,
        "url": f"{base}/pay/{token}",
        "method": form.method,
        "step": move.step if isinstance(move, Ask | Wait) else ENDED,
        "capture": form.capture,
        "merchant": form.descriptor or form.merchant_id,
        "return_url": form.return_url,
        "facts": "{}",
        "created": now,
        "expires_at": now + METHODS[form.method].open_seconds,
    }


def payment_of(tx: Connection, reference: str) -> Payment:
    """A payment as its pages see it."""
    own = tx.execute(select(payments).where(payments.c.reference == reference)).mappings().one()
    row = authorizations.find(tx, reference)
    if row is None:
        raise LookupError("A payment has no authorisation.")
    return Payment(
        reference=reference,
        token=own["token"],
        method=own["method"],
        step=own["step"],
        outcome=row["outcome"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        merchant=own["merchant"],
        return_url=own["return_url"],
        facts=json.loads(own["facts"]),
        created=own["created"],
        expires_at=own["expires_at"],
    )


def _make(tx: Connection, payment: Payment, move: Move, terms: Terms, now: int, *, told: bool) -> None:
    """Writes a move down. `told` says that the caller has to hear of it by a notice."""
    payment = _learn(tx, payment, move, terms, now)
    match move:
        case Ask():
            _leave_open(tx, payment, move, now)
        case Wait():
            _leave_open(tx, payment, move, now)
            tx.execute(_of(payment.reference).values(outcome="pending"))
            if told and payment.outcome != "pending":
                notices.put(tx, "authorization.updated", payment.reference)
        case Approve() | Refuse():
            _end(tx, payment, move, now, told=told)


def _learn(tx: Connection, payment: Payment, move: Move, terms: Terms, now: int) -> Payment:
    """Keeps the move's facts, and of the payer only the mark of the account."""
    facts = dict(move.facts)
    payer = facts.pop("payer", None)
    known = payment.facts | facts
    if payer is not None or isinstance(move, Approve | Wait) or (isinstance(move, Ask) and move.then):
        fingerprint = payers.mark(terms.key, payer or f"{payment.method}:{payment.reference}")
        if payer is not None or not known.get("marked"):
            payers.make_known(tx, fingerprint, payment.currency, terms.limits, now)
            tx.execute(_of(payment.reference).values(card_fingerprint=fingerprint))
            known["marked"] = True
    _write(tx, payment.reference, facts=json.dumps(known))
    return replace(payment, facts=known)


def _leave_open(tx: Connection, payment: Payment, move: Ask | Wait, now: int) -> None:
    values: dict[str, Any] = {"step": move.step}
    if move.then is not None:
        values["ending"] = "" if isinstance(move.then, Approve) else move.then.code
        schedule.put(tx, now + move.seconds, END, payment.reference)
    _write(tx, payment.reference, **values)


def _end(tx: Connection, payment: Payment, move: Approve | Refuse, now: int, *, told: bool = True) -> None:
    """Approves or declines for good. What ends later than the answer to its request is journaled and told."""
    row = authorizations.find(tx, payment.reference)
    if row is None or row["outcome"] not in OPEN:
        return
    own = tx.execute(select(payments).where(payments.c.reference == payment.reference)).mappings().one()
    if isinstance(move, Approve) and not payers.draw(
        tx, row["card_fingerprint"], row["currency"], row["amount_minor"], capture=own["capture"]
    ):
        move = Refuse(NO_MONEY)
    if isinstance(move, Approve):
        taken_minor = row["amount_minor"] if own["capture"] else 0
        ended = {"outcome": "approved", "response_code": APPROVED, "captured_minor": taken_minor}
    else:
        ended = {"outcome": "declined", "response_code": REASONS[move.code]}
    tx.execute(_of(payment.reference).values(**ended))
    _write(tx, payment.reference, step=ENDED)
    if told:
        _journal(tx, payment.reference, now)
        notices.put(tx, "authorization.updated", payment.reference)


def _journal(tx: Connection, of: str, now: int) -> None:
    row = authorizations.find(tx, of) or {}
    reference = f"{of}_completion"
    entry = Entry(
        kind="completion",
        reference=reference,
        authorization=of,
        content_digest="",  # nobody asked for it, so there is no request that it could be a repeat of
        outcome=row["outcome"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        response_code=row["response_code"],
        card_fingerprint=row["card_fingerprint"],
        answer=as_told(tx, row) | {"object": "completion"},
        created=now,
    )
    journal.append(tx, entry)


def ending_of(tx: Connection, reference: str) -> Approve | Refuse | None:
    """How it ends by itself, where that is decided."""
    code = tx.execute(select(payments.c.ending).where(payments.c.reference == reference)).scalar()
    return None if code is None else Refuse(code) if code else Approve()


def _write(tx: Connection, reference: str, **values: Any) -> None:
    tx.execute(update(payments).where(payments.c.reference == reference).values(**values))


def _of(reference: str) -> Any:
    return update(rows).where(rows.c.reference == reference)
