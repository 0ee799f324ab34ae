"""Disputes: a holder asks for the money back, the merchant answers with evidence, the issuer decides.

    inquiry -> inquiry_review -> closed        no money moves; or it turns into a chargeback
    chargeback -> review -> won | lost         the amount is withdrawn at once, and reinstated when won

`history` holds every status that a dispute has had, so that who looks late has missed nothing. The text
`winning_evidence`, `losing_evidence` or `escalate_inquiry_evidence` in `uncategorized_text` decides soon,
as on Stripe; any other evidence stays under review until the issuer's own time is over.
"""

import json
import secrets
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Index,
    String,
    Table,
    Text,
    bindparam,
    insert,
    select,
    update,
)

from bank_simulator import authorizations, futures, issuer, notices, own_entries, schedule
from bank_simulator.authorizations import Row
from bank_simulator.errors import NotFound
from bank_simulator.storage import lock
from bank_simulator.tables import metadata

DAY_SECONDS = 86_400
RESPONSE_SECONDS = 8 * DAY_SECONDS  # and on until the end of that day
DECISION_SECONDS = 3
REVIEW_SECONDS = 75 * DAY_SECONDS  # then the issuer decides for its holder
INQUIRY_SECONDS = 120 * DAY_SECONDS  # then an answered inquiry is closed
MAGIC_FIELD = "uncategorized_text"

DEADLINE, DECISION, TIME_IS_UP = "dispute_deadline", "dispute_decision", "dispute_time_is_up"
OPEN = frozenset(("inquiry", "inquiry_review", "chargeback", "review"))
WITHDRAWN = frozenset(("chargeback", "review", "lost"))

# By what the payment's future says: the reason and the network's code for it.
REASONS: dict[str, tuple[str, str]] = {
    "fraudulent": ("fraudulent", "10.4"),
    "fraudulent_twice": ("fraudulent", "10.4"),
    "product_not_received": ("product_not_received", "13.1"),
    "inquiry": ("general", "10"),
}
# By status and text: what the issuer makes of it.
VERDICTS: dict[tuple[str, str], str] = {
    ("inquiry_review", "winning_evidence"): "closed",
    ("inquiry_review", "losing_evidence"): "closed",
    ("inquiry_review", "escalate_inquiry_evidence"): "chargeback",
    ("review", "winning_evidence"): "won",
    ("review", "losing_evidence"): "lost",
}
# By status: what it comes to where nobody has answered by the deadline.
UNANSWERED = {"inquiry": "closed", "chargeback": "lost"}
UNDECIDED = {"inquiry_review": "closed", "review": "lost"}
ACCEPTED = {"inquiry": "closed", "inquiry_review": "closed", "chargeback": "lost", "review": "lost"}
ANSWERED = {"inquiry": "inquiry_review", "chargeback": "review"}

disputes = Table(
    "bank_disputes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("authorization", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("history", Text, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("network_reason_code", String(16), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("due_by", BigInteger, nullable=False),
    Column("evidence", Text),
    Column("created", BigInteger, nullable=False),
    CheckConstraint("amount_minor > 0", name="disputes_something"),
    Index("ix_bank_disputes_authorization", "authorization"),
)


def open_dispute(tx: Connection, authorization: str, now: int) -> None:
    """The schedule's: disputes what is left of a payment; the first of two disputes takes half of it."""
    books = authorizations.find(tx, authorization)
    future = futures.future_of(tx, authorization)
    if books is None or future not in REASONS:
        return
    left_minor = books["captured_minor"] - books["refunded_minor"] - disputed_minor(tx, authorization)
    if left_minor <= 0:
        return  # given back in time, so there is nothing to dispute
    first = tx.execute(_of_authorization, {"reference": authorization}).first() is None
    amount_minor = (left_minor + 1) // 2 if future == "fraudulent_twice" and first else left_minor
    status = "inquiry" if future == "inquiry" else "chargeback"
    reason, code = REASONS[future]
    row = {
        "id": f"dsp_{secrets.token_hex(12)}",
        "authorization": authorization,
        "status": status,
        "history": json.dumps([status]),
        "reason": reason,
        "network_reason_code": code,
        "amount_minor": amount_minor,
        "due_by": _end_of_day(now + RESPONSE_SECONDS),
        "evidence": None,
        "created": now,
    }
    tx.execute(_open, row)
    own_entries.append(
        tx, books, "dispute", row["id"], now, outcome=status, reason=reason, amount_minor=amount_minor
    )
    if status == "chargeback":
        _withdraw(tx, row, books, now)
    schedule.put(tx, row["due_by"] + 1, DEADLINE, row["id"])
    schedule.put(tx, now + INQUIRY_SECONDS, TIME_IS_UP, row["id"])
    notices.put(tx, "dispute.updated", row["id"])


def find(tx: Connection, dispute_id: str) -> Row:
    """Raises NotFound."""
    row = tx.execute(_find, {"dispute": dispute_id}).mappings().first()
    if row is None:
        raise NotFound("The bank has no dispute under this id.", "dispute")
    return dict(row)


def of_authorization(tx: Connection, reference: str) -> list[Row]:
    return [dict(row) for row in tx.execute(_all_of, {"reference": reference}).mappings()]


def as_answer(tx: Connection, row: Row) -> dict[str, Any]:
    books = authorizations.find(tx, row["authorization"])
    return {
        "object": "dispute",
        **{name: row[name] for name in row if name not in {"evidence", "history"}},
        "history": json.loads(row["history"]),
        "currency": None if books is None else books["currency"],
        "has_evidence": row["evidence"] is not None,
    }


def disputed_minor(tx: Connection, authorization: str) -> int:
    """What of a payment is with its holder, or may come to be, because of disputes."""
    rows = tx.execute(_of_authorization, {"reference": authorization}).all()
    return sum(row.amount_minor for row in rows if row.status in OPEN | WITHDRAWN)


def charged_back_minor(tx: Connection, authorization: str) -> int:
    """What of a payment was withdrawn and not reinstated."""
    rows = tx.execute(_of_authorization, {"reference": authorization}).all()
    return sum(row.amount_minor for row in rows if row.status in WITHDRAWN)


def take_evidence(tx: Connection, dispute_id: str, evidence: dict[str, str], now: int) -> str | None:
    """Puts evidence before the issuer; returns why not, where it comes too late."""
    row = find(tx, dispute_id)
    if row["status"] not in OPEN:
        return "already_decided"
    if now > row["due_by"]:
        return "too_late"
    tx.execute(_write_evidence, {"dispute": dispute_id, "text": json.dumps(evidence)})
    if row["status"] in ANSWERED:
        _move(tx, row, ANSWERED[row["status"]], now)
        schedule.put(tx, now + REVIEW_SECONDS, TIME_IS_UP, dispute_id)
    if _magic(evidence) is not None:
        schedule.put(tx, now + DECISION_SECONDS, DECISION, dispute_id)
    return None


def accept(tx: Connection, dispute_id: str, now: int) -> str | None:
    """The merchant gives in; returns why not, where the dispute has ended before."""
    row = find(tx, dispute_id)
    if row["status"] not in OPEN:
        return "already_decided"
    _move(tx, row, ACCEPTED[row["status"]], now)
    return None


def decide(tx: Connection, dispute_id: str, now: int) -> None:
    """The schedule's: the issuer has read the evidence."""
    row = _locked(tx, dispute_id)
    verdict = VERDICTS.get((row["status"], _magic(json.loads(row["evidence"] or "{}")) or ""))
    if verdict is not None:
        _move(tx, row, verdict, now)


def pass_deadline(tx: Connection, dispute_id: str, now: int) -> None:
    """The schedule's: whoever has not answered by now has nothing to say."""
    row = _locked(tx, dispute_id)
    if row["status"] in UNANSWERED and now > row["due_by"]:  # an escalation brought a later one
        _move(tx, row, UNANSWERED[row["status"]], now)


def run_out_of_time(tx: Connection, dispute_id: str, now: int) -> None:
    """The schedule's: evidence that convinced nobody, and inquiries that came to nothing."""
    row = _locked(tx, dispute_id)
    limit = INQUIRY_SECONDS if row["status"] == "inquiry_review" else REVIEW_SECONDS
    if row["status"] in UNDECIDED and now >= row["created"] + limit:
        _move(tx, row, UNDECIDED[row["status"]], now)


schedule.HANDLERS |= {
    futures.OPEN_DISPUTE: open_dispute,
    DECISION: decide,
    DEADLINE: pass_deadline,
    TIME_IS_UP: run_out_of_time,
}


def _move(tx: Connection, row: Row, status: str, now: int) -> None:
    books = authorizations.find(tx, row["authorization"])
    assert books is not None  # noqa: S101 - a dispute is about a payment; for the type checker
    if status == "chargeback":
        left_minor = books["captured_minor"] - books["refunded_minor"]
        left_minor -= charged_back_minor(tx, row["authorization"])
        row |= {"amount_minor": min(row["amount_minor"], left_minor)}
        if left_minor > 0:
            row |= {"due_by": _end_of_day(now + RESPONSE_SECONDS)}
            schedule.put(tx, row["due_by"] + 1, DEADLINE, row["id"])
            _withdraw(tx, row, books, now)
        else:
            status = "closed"  # all was given back meanwhile
            row |= {"amount_minor": find(tx, row["id"])["amount_minor"]}
    if status == "won":
        _reinstate(tx, row, books, now)
    values = {
        "dispute": row["id"],
        "new_status": status,
        "h": json.dumps([*json.loads(row["history"]), status]),
        "due": row["due_by"],
        "minor": row["amount_minor"],
    }
    tx.execute(_write, values)
    if status not in OPEN:
        reference = own_entries.derived(row["id"], "decision")
        own_entries.append(tx, books, "decision", reference, now, outcome=status, amount_minor=0)
    notices.put(tx, "dispute.updated", row["id"])


def _withdraw(tx: Connection, row: Row, books: Row, now: int) -> None:
    issuer.credit(tx, books["card_fingerprint"], books["currency"], amount_minor=row["amount_minor"])
    reference = own_entries.derived(row["id"], "chargeback")
    money = {"outcome": "approved", "amount_minor": row["amount_minor"], "dispute": row["id"]}
    own_entries.append(tx, books, "chargeback", reference, now, **money)


def _reinstate(tx: Connection, row: Row, books: Row, now: int) -> None:
    issuer.credit(tx, books["card_fingerprint"], books["currency"], amount_minor=-row["amount_minor"])
    reference = own_entries.derived(row["id"], "reversal")
    money = {"outcome": "approved", "amount_minor": row["amount_minor"], "dispute": row["id"]}
    own_entries.append(tx, books, "chargeback_reversal", reference, now, **money)


def _locked(tx: Connection, dispute_id: str) -> Row:
    lock(tx, find(tx, dispute_id)["authorization"])
    return find(tx, dispute_id)


def _magic(evidence: dict[str, str]) -> str | None:
    text = evidence.get(MAGIC_FIELD, "").strip()
    return text if any(text == word for _, word in VERDICTS) else None


def _end_of_day(moment: int) -> int:
    return moment - moment % DAY_SECONDS + DAY_SECONDS - 1


_columns = disputes.c
_of_dispute = _columns.id == bindparam("dispute")
_open = insert(disputes)
_find = select(disputes).where(_of_dispute)
_of_authorization = (
    select(_columns.status, _columns.amount_minor)
    .where(_columns.authorization == bindparam("reference"))
    .order_by(_columns.id)
)
_all_of = select(disputes).where(_columns.authorization == bindparam("reference")).order_by(_columns.created)
_write = (
    update(disputes)
    .where(_of_dispute)
    .values(
        status=bindparam("new_status"),
        history=bindparam("h"),
        due_by=bindparam("due"),
        amount_minor=bindparam("minor"),
    )
)
_write_evidence = update(disputes).where(_of_dispute).values(evidence=bindparam("text"))
