"""The acquirer's books of authorisations: takes one to the network and issuer, and shows how it stands."""

import json
import secrets
import string
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, true, update

from bank_simulator import cards, challenge, futures, issuer, languages, network, three_d_secure
from bank_simulator.forms import AuthorizationForm
from bank_simulator.houses import OPEN_HOUSE, House
from bank_simulator.issuer import Limits, Message
from bank_simulator.journal import Entry, Stamp, fingerprint, mask
from bank_simulator.tables import authorizations
from bank_simulator.three_d_secure import NOT_TRIED, Authentication

OF_MONEY = frozenset(("insufficient_funds",))
RISK_SCORES: dict[str, int] = {"normal": 20, "elevated": 68, "highest": 88}

Row = dict[str, Any]


@dataclass(frozen=True)
class Terms:
    """What holds for every authorisation of this bank; `card_key` keys the fingerprints of numbers."""

    card_key: bytes
    limits: Limits
    house: House = OPEN_HOUSE
    public_url: str = ""  # where customers reach the bank's pages
    challenge_seconds: int = 600


@dataclass(frozen=True)
class Verdict:
    """How a request came out; without a response code until its challenge is over."""

    response_code: str | None
    checks: dict[str, str | None] = field(default_factory=dict)
    authentication: Authentication = NOT_TRIED


def authorize(tx: Connection, form: AuthorizationForm, stamp: Stamp, terms: Terms) -> Entry:
    """Asks the issuer, unless the number leads to none, the house refuses it or a void came first."""
    buried = find(tx, form.reference) is not None
    brand = network.route(form.number)
    card = cards.look_up(form.number, brand.name) if brand else None
    mark = fingerprint(terms.card_key, form.number)
    if brand is None or card is None:
        verdict = Verdict(network.INCORRECT_NUMBER)
    elif buried:
        verdict = Verdict(network.PROCESSING_ERROR)
    elif not_taken := terms.house.refusal(form.currency, brand.name, form.amount_minor):
        verdict = Verdict(not_taken)
    else:
        set_up = _set_up(tx, form.set_up_by, mark)
        verdict = _asked(tx, form, _message(form, card, brand, mark, stamp.now, set_up=set_up), terms)
    row = _row(form, verdict, card, mark, stamp.now) | {"tombstone": buried}
    if card is not None and verdict.authentication.challenge is not None:
        token = _challenged(tx, form, card, stamp.now, terms.challenge_seconds)
        row["challenge_url"] = f"{terms.public_url}/challenge/{token}"
    if buried:
        rewrite(tx, row)
    else:
        tx.execute(_open, row)
        futures.note(tx, form.reference, form.number, stamp.now, captured=row["captured_minor"] > 0)
    return Entry(
        kind="authorization",
        reference=form.reference,
        authorization=form.reference,
        content_digest=stamp.content_digest,
        outcome=row["outcome"],
        amount_minor=form.amount_minor,
        currency=form.currency,
        response_code=verdict.response_code,
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


def rewrite(tx: Connection, row: Row) -> None:
    tx.execute(_write, {f"new_{name}": value for name, value in row.items()})


def approval(captured_minor: int) -> Row:
    """What an approval adds to a row."""
    return {
        "outcome": "approved",
        "response_code": network.APPROVED,
        "captured_minor": captured_minor,
        "authorization_code": "".join(secrets.choice(_CODE_LETTERS) for _ in range(6)),
        "network_transaction_id": f"{secrets.randbelow(10**15):015d}",
    }


def as_answer(row: Row) -> dict[str, Any]:
    response_code = row["response_code"] or network.APPROVED
    not_sent = network.NOT_SENT.get(response_code)
    decline = not_sent or network.DECLINES.get(response_code)
    waits = row["outcome"] == "challenge_required"
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
            "network_decline_code": None if row["risk_blocked"] or not_sent else response_code,
            "advice_code": decline.advice_code,
        },
        "risk": {"level": row["risk_level"], "score": row["risk_score"], "blocked": row["risk_blocked"]},
        "three_d_secure": json.loads(row["three_d_secure"]) if row["three_d_secure"] else None,
        "challenge_url": row["challenge_url"] if waits else None,
        "created": row["created"],
    }


def _asked(tx: Connection, form: AuthorizationForm, message: Message, terms: Terms) -> Verdict:
    """Asks for the holder's authentication where there is any; then the issuer, or a challenge first."""
    reachable = form.customer_present and form.return_url is not None
    tried = three_d_secure.authenticate(
        message.card,
        form.three_d_secure,
        customer_there=reachable,
        set_up=message.set_up,
        verification=form.amount_minor == 0,
    )
    message = replace(message, authenticated=tried.done)
    refused = issuer.refusal(message)
    if refused is None and tried.refusal is not None:
        return Verdict(tried.refusal, issuer.checks(message), tried)
    if refused is None and tried.challenge is not None:
        return Verdict(None, issuer.checks(message), tried)
    answer = issuer.decide(tx, message, terms.limits)
    return Verdict(answer.response_code, answer.checks, replace(tried, challenge=None))


def _challenged(
    tx: Connection, form: AuthorizationForm, card: cards.Card, now: int, open_seconds: int
) -> str:
    """Opens the challenge and returns the word in its page's address."""
    # Whether there is money for it is no question where none is asked for.
    after = None if form.amount_minor == 0 and card.refusal_after in OF_MONEY else card.refusal_after
    opened = {
        "reference": form.reference,
        "kind": card.challenge,
        "wrong_answers": 0,
        "capture": form.capture,
        "refusal_after": network.RESPONSE_CODES[after] if after else None,
        "merchant": form.descriptor or form.merchant_id,
        "return_url": form.return_url,
        "created": now,
    }
    languages.keep(tx, form.reference, form.browser_language)
    return challenge.begin(tx, opened, open_seconds=open_seconds)


def _set_up(tx: Connection, transaction: str | None, mark: str) -> bool:
    """Whether the network's transaction that the caller names kept this very card for later."""
    return transaction is not None and (
        tx.execute(_kept_by, {"transaction": transaction, "mark": mark}).first() is not None
    )


def _message(
    form: AuthorizationForm, card: cards.Card, brand: network.Brand, mark: str, now: int, *, set_up: bool
) -> Message:
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
        set_up=set_up,
    )


def _row(form: AuthorizationForm, verdict: Verdict, card: cards.Card | None, mark: str, now: int) -> Row:
    facts = verdict.authentication.facts
    issued = network.brand_of(form.number)
    row = empty_row(form.reference, now) | {
        "merchant_id": form.merchant_id,
        "outcome": "challenge_required" if verdict.response_code is None else "declined",
        "amount_minor": form.amount_minor,
        "currency": form.currency,
        "response_code": verdict.response_code,
        "card_masked": mask(form.number),
        "card_fingerprint": mark,
        "card_brand": issued.name if issued else "unknown",
        **{f"check_{name}": result for name, result in verdict.checks.items()},
        "sets_up": form.sets_up,
        "three_d_secure": json.dumps(facts) if facts else None,
    }
    if verdict.response_code == network.APPROVED:
        row |= approval(form.amount_minor if form.capture else 0)
    if card is not None:
        row |= {"network": card.brand, "card_country": card.country, "card_funding": card.funding}
        row |= {"risk_level": card.risk, "risk_score": RISK_SCORES[card.risk]}
        row["risk_blocked"] = card.blocked and verdict.response_code == network.FRAUDULENT
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
        "sets_up": False,
        "created": now,
    }


_CODE_LETTERS = string.digits + string.ascii_uppercase
_columns = authorizations.c
_find = select(authorizations).where(_columns.reference == bindparam("reference"))
_kept_by = select(_columns.reference).where(
    _columns.network_transaction_id == bindparam("transaction"),
    _columns.card_fingerprint == bindparam("mark"),
    _columns.outcome == "approved",
    _columns.sets_up == true(),
)
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
