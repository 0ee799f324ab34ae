"""The acquirer's books of authorisations: takes one to the network and issuer, and shows how it stands."""

import secrets
import string
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from bank_simulator import cards, issuer, network
from bank_simulator.forms import AuthorizationForm
from bank_simulator.houses import OPEN_HOUSE, House
from bank_simulator.issuer import IssuerAnswer, Limits, Message
from bank_simulator.journal import Entry, Stamp, fingerprint, mask
from bank_simulator.tables import authorizations

RISK_SCORES: dict[str, int] = {"normal": 20, "elevated": 68, "highest": 88}

Row = dict[str, Any]


@dataclass(frozen=True)
class Terms:
    """What holds for every authorisation of this bank; `card_key` keys the fingerprints of numbers."""

    card_key: bytes
    limits: Limits
    house: House = OPEN_HOUSE


def authorize(tx: Connection, form: AuthorizationForm, stamp: Stamp, terms: Terms) -> Entry:
    """Asks the issuer, unless the number leads to none, the house refuses it or a void came first."""
    buried = find(tx, form.reference) is not None
    brand = network.route(form.number)
    card = cards.look_up(form.number, brand.name) if brand else None
    mark = fingerprint(terms.card_key, form.number)
    if brand is None or card is None:
        answer = IssuerAnswer(network.INCORRECT_NUMBER, {})
    elif buried:
        answer = IssuerAnswer(network.PROCESSING_ERROR, {})
    elif not_taken := terms.house.refusal(form.currency, brand.name, form.amount_minor):
        answer = IssuerAnswer(not_taken, {})
    else:
        answer = issuer.decide(tx, _message(form, card, brand, mark, stamp.now), terms.limits)
    row = _row(form, answer, card, mark, stamp.now) | {"tombstone": buried}
    if buried:
        tx.execute(_write, {f"new_{name}": value for name, value in row.items()})
    else:
        tx.execute(_open, row)
    return Entry(
        kind="authorization",
        reference=form.reference,
        authorization=form.reference,
        content_digest=stamp.content_digest,
        outcome=row["outcome"],
        amount_minor=form.amount_minor,
        currency=form.currency,
        response_code=answer.response_code,
        card_masked=row["card_masked"],
        card_fingerprint=mark,
        answer=as_answer(row),
        created=stamp.now,
    )


def find(tx: Connection, reference: str) -> Row | None:
    row = tx.execute(_find, {"reference": reference}).mappings().first()
    return None if row is None else dict(row)


def bury(tx: Connection, reference: str, now: int) -> Row:
    """A void of what never came: the row stands in the way of an approval that comes late."""
    row = empty_row(reference, now) | {"outcome": "voided", "tombstone": True}
    tx.execute(_open, row)
    return row


def change(tx: Connection, reference: str, *, outcome: str, captured_minor: int, refunded_minor: int) -> None:
    values = {"o": outcome, "c": captured_minor, "f": refunded_minor}
    tx.execute(_change, {"of_reference": reference, **values})


def as_answer(row: Row) -> dict[str, Any]:
    decline = network.DECLINES.get(row["response_code"] or network.APPROVED)
    return {
        "object": "authorization",
        "reference": row["reference"],
        "outcome": row["outcome"],
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "captured_minor": row["captured_minor"],
        "refunded_minor": row["refunded_minor"],
        "voided": row["outcome"] == "voided" or row["tombstone"],
        "tombstone": row["tombstone"],
        "authorization_code": row["authorization_code"],
        "network_transaction_id": row["network_transaction_id"],
        "network": row["network"],
        "card": {
            "brand": row["card_brand"],
            "last4": row["card_masked"][-4:] if row["card_masked"] else None,
            "country": row["card_country"],
            "funding": row["card_funding"],
        },
        "checks": {name: row[f"check_{name}"] for name in (cards.CVC, cards.LINE1, cards.POSTAL_CODE)},
        "decline": None
        if decline is None
        else {
            "code": decline.code,
            "decline_code": decline.decline_code,
            "network_decline_code": None if row["risk_blocked"] else row["response_code"],
            "advice_code": decline.advice_code,
        },
        "risk": {"level": row["risk_level"], "score": row["risk_score"], "blocked": row["risk_blocked"]},
        "created": row["created"],
    }


def _message(form: AuthorizationForm, card: cards.Card, brand: network.Brand, mark: str, now: int) -> Message:
    return Message(
        card=card,
        brand=brand,
        fingerprint=mark,
        amount_minor=form.amount_minor,
        currency=form.currency,
        capture=form.capture,
        exp_month=form.exp_month,
        exp_year=form.exp_year,
        cvc=form.cvc,
        line1=form.line1,
        postal_code=form.postal_code,
        customer_present=form.customer_present,
        now=now,
    )


def _row(form: AuthorizationForm, answer: IssuerAnswer, card: cards.Card | None, mark: str, now: int) -> Row:
    approved = answer.response_code == network.APPROVED
    issued = network.brand_of(form.number)
    row = empty_row(form.reference, now) | {
        "merchant_id": form.merchant_id,
        "outcome": "approved" if approved else "declined",
        "amount_minor": form.amount_minor,
        "captured_minor": form.amount_minor if approved and form.capture else 0,
        "currency": form.currency,
        "response_code": answer.response_code,
        "card_masked": mask(form.number),
        "card_fingerprint": mark,
        "card_brand": issued.name if issued else "unknown",
        **{f"check_{name}": result for name, result in answer.checks.items()},
    }
    if approved:
        row["authorization_code"] = "".join(secrets.choice(_CODE_LETTERS) for _ in range(6))
        row["network_transaction_id"] = f"{secrets.randbelow(10**15):015d}"
    if card is not None:
        row |= {"network": card.brand, "card_country": card.country, "card_funding": card.funding}
        row |= {"risk_level": card.risk, "risk_score": RISK_SCORES[card.risk]}
        row["risk_blocked"] = card.blocked and answer.response_code == network.FRAUDULENT
    return row


def empty_row(reference: str, now: int) -> Row:
    return dict.fromkeys(authorizations.c.keys()) | {
        "reference": reference,
        "tombstone": False,
        "amount_minor": 0,
        "captured_minor": 0,
        "refunded_minor": 0,
        "risk_level": "normal",
        "risk_score": RISK_SCORES["normal"],
        "risk_blocked": False,
        "created": now,
    }


_CODE_LETTERS = string.digits + string.ascii_uppercase
_columns = authorizations.c
_find = select(authorizations).where(_columns.reference == bindparam("reference"))
_open = insert(authorizations)
_write = (
    update(authorizations)
    .where(_columns.reference == bindparam("new_reference"))
    .values(
        {column.name: bindparam(f"new_{column.name}") for column in _columns if column.name != "reference"}
    )
)
_change = (
    update(authorizations)
    .where(_columns.reference == bindparam("of_reference"))
    .values(outcome=bindparam("o"), captured_minor=bindparam("c"), refunded_minor=bindparam("f"))
)
