"""How a challenged authorisation ends: the issuer decides at last, or the holder never proved who they are.

Each end is journaled under `<reference>_completion` and told by a notice, in the transaction that makes it.
What has ended stays so: a second window, the schedule and a void may come as late as they like.
"""

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from bank_simulator import (
    authorizations,
    challenge,
    futures,
    issuer,
    journal,
    network,
    notices,
    schedule,
    three_d_secure,
)
from bank_simulator.authorizations import Row
from bank_simulator.challenge import Challenge
from bank_simulator.issuer import Limits, Spending
from bank_simulator.journal import Entry

SUFFIX = "_completion"

# How a challenge ended without being passed -> why, in the words of Stripe's `three_d_secure.result_reason`.
REASONS = {"rejected": "rejected", "canceled": "canceled", "timed_out": "abandoned"}


def passed(tx: Connection, taken: Challenge, limits: Limits, now: int) -> None:
    """The holder is proven: the issuer looks at the account as it is now, and approves or declines."""
    row = _open_row(tx, taken.reference)
    if row is None:
        return
    refused = taken.refusal_after or _refusal(tx, taken, row, limits, now)
    facts = three_d_secure.authenticated(row["card_brand"], "challenge")
    if refused is None:
        values = authorizations.approval(row["amount_minor"] if taken.capture else 0)
    else:
        values = {"outcome": "declined", "response_code": refused}
    _end(tx, row | values, "passed", facts, now)


def refused(tx: Connection, reference: str, state: str, now: int) -> None:
    """The holder failed, cancelled or went away: declined, and the issuer was never asked for money."""
    row = _open_row(tx, reference)
    if row is None:
        return
    facts = three_d_secure.failed(row["card_brand"], REASONS[state])
    values = {"outcome": "declined", "response_code": network.NOT_AUTHENTICATED}
    _end(tx, row | values, state, facts, now)


def answered_wrongly(tx: Connection, taken: Challenge, now: int) -> Challenge:
    """Counts a wrong answer; the last one ends the challenge. Returns how it stands."""
    wrong = taken.wrong_answers + 1
    challenge.mark(tx, taken.reference, wrong_answers=wrong)
    if wrong < challenge.TRIES:
        return replace(taken, wrong_answers=wrong)
    refused(tx, taken.reference, "rejected", now)
    return replace(taken, wrong_answers=wrong, state="rejected")


def time_out(tx: Connection, reference: str, now: int) -> None:
    """The schedule's: nobody came in time."""
    refused(tx, reference, "timed_out", now)


schedule.HANDLERS[challenge.TIME_OUT] = time_out


def _open_row(tx: Connection, reference: str) -> Row | None:
    row = authorizations.find(tx, reference)
    return row if row is not None and row["outcome"] == "challenge_required" else None


def _refusal(tx: Connection, taken: Challenge, row: Row, limits: Limits, now: int) -> str | None:
    if row["amount_minor"] == 0:
        return None  # a verification takes nothing from the account
    name = issuer.take(
        tx,
        Spending(
            fingerprint=row["card_fingerprint"],
            currency=row["currency"],
            amount_minor=row["amount_minor"],
            capture=taken.capture,
            now=now,
        ),
        limits,
    )
    return None if name is None else network.RESPONSE_CODES[name]


def _end(tx: Connection, row: Row, state: str, facts: dict[str, Any], now: int) -> None:
    reference = row["reference"]
    row |= {"three_d_secure": json.dumps(facts)}
    authorizations.rewrite(tx, row)
    challenge.mark(tx, reference, state=state)
    journal.append(
        tx,
        Entry(
            kind="completion",
            reference=reference + SUFFIX,
            authorization=reference,
            content_digest="",  # nobody asked for it, so there is no request that it could be a repeat of
            outcome=row["outcome"],
            amount_minor=row["amount_minor"],
            currency=row["currency"],
            response_code=row["response_code"],
            card_masked=row["card_masked"],
            card_fingerprint=row["card_fingerprint"],
            answer=authorizations.as_answer(row) | {"object": "completion"},
            created=now,
        ),
    )
    if row["captured_minor"] > 0:
        futures.captured(tx, reference, now)
    notices.put(tx, "authorization.updated", reference)
