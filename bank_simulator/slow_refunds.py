"""Refunds that take their time: one that is pending at first, and one that comes back after it had gone out.

The answer that a caller once got stays the answer to a repeat; how such a refund stands now is told by
`GET /v1/operations/<reference>`.
"""

import json
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, String, Table, Text, bindparam, insert, select, update

from bank_simulator import authorizations, futures, issuer, notices, own_entries, schedule
from bank_simulator.authorizations import Row
from bank_simulator.forms import MoneyForm
from bank_simulator.storage import lock
from bank_simulator.tables import metadata

PENDING_SECONDS = 2
FAILURE_SECONDS = 2
COMPLETE, FAIL = "refund_completion", "refund_failure"
FAILURE_REASON = "expired_or_canceled_card"
BEGINS_AS = {"refund_pending": "pending", "refund_fails": "approved"}

slow_refunds = Table(
    "bank_slow_refunds",
    metadata,
    Column("reference", String(64), primary_key=True),
    Column("authorization", String(64), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("history", Text, nullable=False),
    Column("failure_reason", String(32)),
    Column("acquirer_reference", String(32)),
)


def begin(tx: Connection, form: MoneyForm, acquirer_reference: str, now: int) -> str:
    """Notes a refund of a payment with such a future; returns the outcome, `approved` for all others."""
    future = futures.future_of(tx, form.authorization) or ""
    status = BEGINS_AS.get(future)
    if status is None:
        return "approved"
    tx.execute(
        _open,
        {
            "reference": form.reference,
            "authorization": form.authorization,
            "amount_minor": form.amount_minor,
            "status": status,
            "history": json.dumps([status]),
            "failure_reason": None,
            "acquirer_reference": acquirer_reference,
        },
    )
    pending = status == "pending"
    seconds, kind = (PENDING_SECONDS, COMPLETE) if pending else (FAILURE_SECONDS, FAIL)
    schedule.put(tx, futures.later(now, seconds), kind, form.reference)
    return status


def standing(tx: Connection, reference: str) -> dict[str, Any] | None:
    """How a slow refund stands now; None for any other reference."""
    row = _find_row(tx, reference)
    if row is None:
        return None
    return {
        "outcome": row["status"],
        "history": json.loads(row["history"]),
        "reason": row["failure_reason"],
        "acquirer_reference": None if row["status"] == "pending" else row["acquirer_reference"],
    }


def complete(tx: Connection, reference: str, now: int) -> None:
    """The schedule's: the money has reached the holder."""
    row, books = _locked(tx, reference)
    if row["status"] != "pending":
        return
    issuer.credit(tx, books["card_fingerprint"], books["currency"], amount_minor=row["amount_minor"])
    _move(tx, row, books, COMPLETE, now)


def fail(tx: Connection, reference: str, now: int) -> None:
    """The schedule's: the holder's bank has sent the money back."""
    row, books = _locked(tx, reference)
    if row["status"] != "approved":
        return
    issuer.credit(tx, books["card_fingerprint"], books["currency"], amount_minor=-row["amount_minor"])
    authorizations.change(
        tx,
        row["authorization"],
        outcome=books["outcome"],
        captured_minor=books["captured_minor"],
        refunded_minor=books["refunded_minor"] - row["amount_minor"],
    )
    _move(tx, row, books, FAIL, now)


schedule.HANDLERS |= {COMPLETE: complete, FAIL: fail}


def _move(tx: Connection, row: Row, books: Row, kind: str, now: int) -> None:
    status = "approved" if kind == COMPLETE else "failed"
    tx.execute(
        _write,
        {
            "refund": row["reference"],
            "s": status,
            "h": json.dumps([*json.loads(row["history"]), status]),
            "why": FAILURE_REASON if status == "failed" else None,
        },
    )
    own_entries.append(
        tx,
        books,
        kind,
        own_entries.derived(row["reference"], kind.removeprefix("refund_")),
        now,
        outcome="approved",
        amount_minor=row["amount_minor"],
        refund=row["reference"],
        acquirer_reference=row["acquirer_reference"],
    )
    notices.put(tx, "refund.updated", row["reference"])


def _locked(tx: Connection, reference: str) -> tuple[Row, Row]:
    row = _find_row(tx, reference)
    if row is None:
        raise LookupError("The schedule has a refund that the books do not have.")
    lock(tx, row["authorization"])
    books = authorizations.find(tx, row["authorization"])
    if books is None:
        raise LookupError("A refund is of no payment in the books.")
    return _find_row(tx, reference) or row, books


def _find_row(tx: Connection, reference: str) -> Row | None:
    row = tx.execute(_find, {"refund": reference}).mappings().first()
    return None if row is None else dict(row)


_open = insert(slow_refunds)
_of_refund = slow_refunds.c.reference == bindparam("refund")
_find = select(slow_refunds).where(_of_refund)
_write = (
    update(slow_refunds)
    .where(_of_refund)
    .values(status=bindparam("s"), history=bindparam("h"), failure_reason=bindparam("why"))
)
