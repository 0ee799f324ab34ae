"""The trail: one audit row for each transition, its events, and each event at every endpoint."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.chaos.snapshot import Snapshot
from tests.chaos.violations import Violation

STATES = Path(__file__).resolve().parents[2] / "docs" / "states.md"
# The table of each noun, and the state it begins in where no audit row tells of its beginning.
NOUNS = {
    "PaymentIntent": ("payment_intents", None),
    "CheckoutSession": ("checkout_sessions", "open"),
    "Charge": ("charges", "pending"),
    "Refund": ("refunds", None),
    "Dispute": ("disputes", None),
    "Payout": ("payouts", None),
}
CREATED = {
    "payment_intents": "payment_intent.created",
    "refunds": "refund.created",
    "disputes": "charge.dispute.created",
    "payouts": "payout.created",
}
# Told beside the edges, too: further evidence, and what comes with the money of a dispute that was won
# (cases.py counts those).
BESIDE = {"charge.dispute.updated", "charge.dispute.closed"}
EDGE = re.compile(r"^\s+(\w+) --> (\w+)(?: : (\S+))?$", re.MULTILINE)


@cache
def edges() -> dict[str, dict[tuple[str, str], str | None]]:
    """The published edges of each table, with the event that each one causes."""
    sections = re.split(r"^## ", STATES.read_text(), flags=re.MULTILINE)[1:]
    told = {section.split("\n", 1)[0].strip(): EDGE.findall(section) for section in sections}
    return {
        table: {(a, b): event or None for a, b, event in told[noun]} for noun, (table, _) in NOUNS.items()
    }


def transitions(seen: Snapshot) -> Iterator[Violation]:
    """The audit rows of an object lead from its beginning to where it stands, along published edges."""
    moves: dict[str, list[tuple[str, str]]] = defaultdict(list)
    begun: dict[str, list[str]] = defaultdict(list)
    for row in seen["audit_rows"]:
        details = row["details"] or {}
        if row["object_id"] and "was" in details and "to" in details:
            moves[row["object_id"]].append((details["was"], details["to"]))
        elif row["object_id"] and row["action"].endswith(".created") and details.get("to"):
            begun[row["object_id"]].append(details["to"])
    happened: dict[str, Counter[str]] = defaultdict(Counter)
    for event in seen["events"]:
        happened[event["object_id"]][event["type"]] += 1
    for table, beginning in NOUNS.values():
        for row in seen[table]:
            starts = [beginning] if beginning else begun[row["id"]]
            yield from _walk(table, row["id"], starts, moves[row["id"]], row["status"])
            yield from _events(table, row["id"], moves[row["id"]], happened[row["id"]])


def _walk(
    table: str, object_id: str, starts: list[str], moves: list[tuple[str, str]], stands: str
) -> Iterator[Violation]:
    """Every state is entered as often as it is left, but for the first and the last."""
    balance = Counter(starts)
    for was, to in moves:
        if (was, to) not in edges()[table]:
            yield Violation("status changes along the published edges", object_id, f"{was} -> {to}")
        balance[was] -= 1
        balance[to] += 1
    balance[stands] -= 1
    if len(starts) != 1 or any(balance.values()):
        yield Violation("one audit row for each transition", object_id, f"{starts} {moves} stands {stands}")


def _events(
    table: str, object_id: str, moves: list[tuple[str, str]], happened: Counter[str]
) -> Iterator[Violation]:
    caused: Counter[str] = Counter(event for move in moves if (event := edges()[table].get(move)))
    if table in CREATED:
        caused[CREATED[table]] += 1
    known = {event for event in edges()[table].values() if event} | {CREATED.get(table, "")}
    for event in known:
        if caused[event] != happened[event] and not (event in BESIDE and caused[event] < happened[event]):
            detail = f"{event}: {happened[event]} for {caused[event]}"
            yield Violation("each transition has its events", object_id, detail)


def money_events(seen: Snapshot) -> Iterator[Violation]:
    """What is given back or released tells of it once each."""
    happened = Counter(event["object_id"] for event in seen["events"] if event["type"] == "charge.refunded")
    refunds = Counter(
        row["charge_id"]
        for row in seen["refunds"]
        if row["status"] == "succeeded" or row["balance_transaction_id"] is not None
    )
    for charge in seen["charges"]:
        wanted = refunds[charge["id"]] + bool(charge["voided"])
        if happened[charge["id"]] != wanted:
            detail = f"charge.refunded: {happened[charge['id']]} for {wanted}"
            yield Violation("each transition has its events", charge["id"], detail)


def deliveries(
    seen: Snapshot, sink_journal: Path, wanted: Mapping[str, list[str]], earlier: set[str]
) -> Iterator[Violation]:
    """Every event reached every endpoint that wants it; only 2xx counts, and only the sink's own word."""
    arrived: dict[str, set[str]] = defaultdict(set)
    heard: set[str] = set()
    for line in sink_journal.read_text().splitlines():
        told = json.loads(line)
        heard.add(told["event"])
        if told["status"] is not None and 200 <= told["status"] < 300:
            arrived[told["endpoint"]].add(told["event"])
    events = {row["id"]: row["type"] for row in seen["events"] if row["id"] not in earlier}
    for path, types in wanted.items():
        for event_id, event_type in events.items():
            if ("*" in types or event_type in types) and event_id not in arrived[path]:
                yield Violation("every event reached every endpoint", event_id, f"{event_type} to {path}")
    for event_id in heard - events.keys():
        yield Violation("no event is told that did not happen", event_id, "the sink heard of it")


def settled(unsettled: Mapping[str, int], seen: Snapshot, quiet_seconds: float) -> Iterator[Violation]:
    """Nothing is on its way any more, and no intent is locked by a question."""
    for what, count in unsettled.items():
        yield Violation("all is settled after the quiet", what, f"{count} after {quiet_seconds:.0f} s")
    for intent in seen["payment_intents"]:
        if intent["attempt_id"] is not None and intent["status"] != "requires_action":
            yield Violation(
                "all is settled after the quiet", intent["id"], f"locked by {intent['attempt_id']}"
            )
