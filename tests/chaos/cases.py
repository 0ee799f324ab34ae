"""The rules of what comes later: disputes, fraud warnings, slow refunds, payments that end late."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.chaos.books import Books, Case
from tests.chaos.snapshot import Row, Snapshot
from tests.chaos.violations import Violation

# What a dispute costs the merchant, given back with the money where it is won.
DISPUTE_FEES = {"usd": 1500, "eur": 2000, "gbp": 2000, "jpy": 1500}
ALIKE = "a dispute stands as at the bank"
MONEY = "a dispute's money and fee are booked as the bank moved them"
WORD = "a merchant hears of each step of a dispute"
WARNED = "a fraud warning is told once"
HEARD = "every notice of a bank's is heard"
LATER = "a payment that ends later ends as at the bank, and its session tells"


def disputes(seen: Snapshot, books: Books) -> Iterator[Violation]:
    """Each dispute is there on both sides with the same status, and its money and fee went the same ways."""
    known = {(row["acquirer"], row["bank_dispute_id"]): row for row in seen["disputes"]}
    booked: dict[str, list[Row]] = defaultdict(list)
    for row in seen["balance_transactions"]:
        if row["type"] == "adjustment":
            booked[row["source_id"]].append(row)
    happened: dict[str, Counter[str]] = defaultdict(Counter)
    for event in seen["events"]:
        happened[event["object_id"]][event["type"]] += 1
    for key in known.keys() - books.cases.keys():
        yield Violation(ALIKE, known[key]["id"], f"{key[0]} has none under {key[1]}")
    for key, case in books.cases.items():
        if key not in known:
            yield Violation(ALIKE, case.id, f"unknown here; {case.status} at {case.bank}")
            continue
        row = known[key]
        if row["status"] != case.status or row["filing_id"] is not None:
            yield Violation(ALIKE, row["id"], f"{row['status']} here, {case.status} at {case.bank}")
        yield from _money_of(row, case, booked[row["id"]])
        yield from _words_of(row, case, happened[row["id"]])


def _money_of(row: Row, case: Case, booked: list[Row]) -> Iterator[Violation]:
    fee = DISPUTE_FEES[row["currency"]]
    wanted = Counter([(-amount, fee) for amount in case.withdrawn])
    wanted += Counter([(amount, -fee) for amount in case.reinstated])
    found = Counter((entry["amount"], entry["fee"]) for entry in booked)
    if found != wanted:
        yield Violation(MONEY, row["id"], f"booked {dict(found)}, moved with fees {dict(wanted)}")


def _words_of(row: Row, case: Case, happened: Counter[str]) -> Iterator[Violation]:
    wanted = {
        "charge.dispute.created": 1,
        "charge.dispute.funds_withdrawn": len(case.withdrawn),
        "charge.dispute.funds_reinstated": len(case.reinstated),
        "charge.dispute.closed": int(case.decided),
    }
    for event, count in wanted.items():
        if happened[event] != count:
            yield Violation(WORD, row["id"], f"{event}: {happened[event]} for {count}")


def warnings(seen: Snapshot, books: Books) -> Iterator[Violation]:
    """Each warning of an issuer is one of ours, with its event."""
    known: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in seen["early_fraud_warnings"]:
        known[row["acquirer"], row["bank_warning_id"]].append(row["id"])
    told = Counter(
        event["object_id"] for event in seen["events"] if event["type"] == "radar.early_fraud_warning.created"
    )
    for key in books.warnings.keys() | known.keys():
        ids = known[key]
        if key not in books.warnings or len(ids) != 1 or told[ids[0]] != 1:
            yield Violation(WARNED, key[1], f"{ids}, told {[told[each] for each in ids]} times")


def notices(seen: Snapshot) -> Iterator[Violation]:
    """What a bank has told is known here; that it was acted upon is what the other rules hold."""
    known = {row["id"] for row in seen["bank_notices"]}
    for bank, papers in seen.papers.items():
        for notice in papers.notices:
            if f"{bank}:{notice['id']}" not in known:
                yield Violation(HEARD, notice["id"], f"{notice['kind']} of {notice['subject']} at {bank}")


def refunds_that_came_back(seen: Snapshot, books: Books) -> Iterator[Violation]:
    """A refund that the holder's bank sent back has failed here, and no other has after it had succeeded."""
    refund_of = {(row["acquirer"], row["id"]): row["refund_id"] for row in seen["attempts"]}
    returned = {refund_of.get(key) for key in books.came_back}
    for row in seen["refunds"]:
        failed = row["status"] == "failed" and row["balance_transaction_id"] is not None
        if failed != (row["id"] in returned):
            yield Violation(
                "a refund that came back has failed", row["id"], f"{row['status']}, back: {not failed}"
            )


def later_endings(seen: Snapshot, books: Books) -> Iterator[Violation]:
    """What was taken in at first ended as its bank says, and a session that was complete before tells of it.

    A session told `unpaid` when it was complete has exactly one word about the end; any other has none.
    """
    unpaid = {row["object_id"] for row in seen["completed"] if _payment_status(row) == "unpaid"}
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for event in seen["events"]:
        if event["type"].startswith("checkout.session.async_payment_"):
            told[event["object_id"]][event["type"].rpartition("_")[2]] += 1
    charges = {row["id"]: row for row in seen["charges"]}
    intents = {row["id"]: row for row in seen["payment_intents"]}
    for attempt in seen["attempts"]:
        standing = books.standings.get((attempt["acquirer"], attempt["authorization"]))
        charge = charges.get(attempt["charge_id"])
        if attempt["kind"] == "authorize" and standing and charge and charge["status"] != "pending":
            paid = charge["status"] == "succeeded"
            # What was approved and taken back before anybody here heard of it has failed.
            if (paid and standing.last != "approved") or (not paid and standing.live):
                yield Violation(LATER, charge["id"], f"{charge['status']}, but {standing.last} at the bank")
    for session in seen["checkout_sessions"]:
        wanted: Counter[str] = Counter()
        if session["id"] in unpaid:
            intent = intents.get(session["payment_intent_id"] or "", {})
            wanted = Counter(["succeeded" if _was_paid(intent, charges, books) else "failed"])
        if told[session["id"]] != wanted:
            yield Violation(LATER, session["id"], f"told {dict(told[session['id']])} for {dict(wanted)}")


def _payment_status(row: Row) -> str:
    return str(json.loads(row["data"])["object"]["payment_status"])


def _was_paid(intent: Row, charges: dict[str, Row], books: Books) -> bool:
    charge = charges.get(intent.get("latest_charge_id") or "", {})
    standing = books.standings.get((charge.get("acquirer", ""), charge.get("authorization", "")))
    return standing is not None and standing.live
