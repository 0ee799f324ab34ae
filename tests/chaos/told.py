"""What merchants were told holds: every success stands in the database, and so at the bank."""

from collections import defaultdict
from collections.abc import Iterator

from tests.chaos.snapshot import Row, Snapshot
from tests.chaos.till import Told
from tests.chaos.violations import Violation

TABLES = {
    "pi": "payment_intents",
    "cs": "checkout_sessions",
    "re": "refunds",
    "ch": "charges",
    "du": "disputes",
}
# What may have become of a state by now, the state itself included.
LATER: dict[str, set[str]] = {
    "requires_payment_method": set(),  # anything
    "requires_confirmation": set(),
    "processing": set(),
    "requires_capture": {"requires_capture", "succeeded", "canceled"},
    "succeeded": {"succeeded"},
    "canceled": {"canceled"},
    "failed": {"failed"},
    "pending": {"pending", "succeeded", "failed"},
    "under_review": {"under_review", "won", "lost"},
    "won": {"won"},
    "lost": {"lost"},
    "warning_closed": {"warning_closed"},
}
# A refund that has gone out may come back.
LATER_OF_REFUNDS = LATER | {"succeeded": {"succeeded", "failed"}}
# The plain interface has words of its own for where an order's intent stands.
PLAIN = {
    "paid": "succeeded",
    "partially_refunded": "succeeded",
    "refunded": "succeeded",
    "authorized": "requires_capture",
}


def stands(seen: Snapshot, journal: list[Told]) -> Iterator[Violation]:
    rows = {row["id"]: row for table in TABLES.values() for row in seen[table]}
    for entry in journal:
        if entry.status == 200 and entry.id and entry.id[:2] in TABLES:
            row = rows.get(entry.id)
            if row is None:
                yield Violation(
                    "what was told stands", entry.id, f"{entry.verb} of order {entry.order} is lost"
                )
            else:
                yield from _still(entry, row, rows)
    yield from _same_answer(journal)


def _still(entry: Told, row: Row, rows: dict[str, Row]) -> Iterator[Violation]:
    amount = row.get("amount", row.get("amount_total"))
    if (entry.amount, entry.currency) != (amount, row["currency"]):
        detail = f"told {entry.amount} {entry.currency}, stands {amount} {row['currency']}"
        yield Violation("the amount told stands", entry.id or "", detail)
    told = PLAIN.get(entry.state or "", entry.state or "")
    holder = row if "payment_status" not in row else rows.get(row["payment_intent_id"] or "", {})
    later = LATER_OF_REFUNDS if row["id"].startswith("re_") else LATER
    allowed = later.get(told, set())
    if allowed and holder.get("status") not in allowed:
        yield Violation(
            "the state told stands", entry.id or "", f"told {told}, stands {holder.get('status')}"
        )
    if entry.verb == "capture" and holder.get("amount_received") != entry.amount_received:
        yield Violation("the state told stands", entry.id or "", f"told {entry.amount_received} captured")
    if told == "succeeded" and entry.charge and rows.get(entry.charge, {}).get("status") != "succeeded":
        yield Violation("what was told stands", entry.charge, f"the charge of {entry.id} is not there")


def _same_answer(journal: list[Told]) -> Iterator[Violation]:
    """One key, one object, however often it was sent."""
    ids: dict[str, set[str]] = defaultdict(set)
    for entry in journal:
        if entry.key and entry.status == 200 and entry.id:
            ids[entry.key].add(entry.id)
    for key, found in ids.items():
        if len(found) > 1:
            yield Violation("a repeated key does nothing twice", key, ", ".join(sorted(found)))
