"""The rules of money, held by comparing the banks' journals with Florin's rows."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.chaos.books import Books, Standing
from tests.chaos.snapshot import Row, Snapshot
from tests.chaos.violations import Violation

LEAST_FEE_BASIS_POINTS = 290
POSTED_WHOLE = ("charge", "refund", "refund_failure", "adjustment")
PAYOUTS = ("payout", "payout_failure", "payout_cancel")
Standings = dict[tuple[str, str], Standing]


def approvals_and_charges(seen: Snapshot, standings: Standings) -> Iterator[Violation]:
    """Every approval that was not voided has exactly one charge, of the same money; and the reverse."""
    charges: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for charge in seen["charges"]:
        if charge["status"] == "succeeded":
            charges[charge["acquirer"], charge["authorization"]].append(charge)
    for key, standing in standings.items():
        if standing.live:
            yield from _charged_once(standing, [charge for charge in charges[key] if not charge["voided"]])
    for key, own in charges.items():
        live = key in standings and standings[key].live
        for charge in own:
            if charge["voided"] and live:
                yield Violation("a released charge is void at the bank", charge["id"], key[1])
            if not charge["voided"] and not live:
                yield Violation("an approval behind each charge", charge["id"], f"none at {key[0]}")


def _charged_once(standing: Standing, own: list[Row]) -> Iterator[Violation]:
    if len(own) != 1:
        yield Violation("one charge for each approval", standing.reference, f"{len(own)} charges")
        return
    told = (own[0]["amount"], own[0]["currency"])
    if told != (standing.amount, standing.currency):
        detail = f"Florin {told}, bank {(standing.amount, standing.currency)}"
        yield Violation("same amount and currency", own[0]["id"], detail)


def one_live_approval(seen: Snapshot, standings: Standings) -> Iterator[Violation]:
    """At most one for each intent, session and order of the merchant's."""
    intent_of = {(row["acquirer"], row["authorization"]): row["intent_id"] for row in seen["attempts"]}
    intents = {row["id"]: row for row in seen["payment_intents"]}
    live: Counter[str] = Counter()
    for key, standing in standings.items():
        if not standing.live:
            continue
        intent = intents.get(intent_of.get(key, ""))
        if intent is None:
            yield Violation(
                "an intent behind each approval", standing.reference, f"none knows it at {key[0]}"
            )
            continue
        live[intent["id"]] += 1
        for other in (intent["checkout_session_id"], _order(intent)):
            if other:
                live[other] += 1
    for subject, count in live.items():
        if count > 1:
            yield Violation("one live approval at most", subject, f"{count} approvals stand")


def _order(intent: Row) -> str | None:
    number = (intent["metadata"] or {}).get("order")
    return f"order {number}" if number else None


def amounts(seen: Snapshot, standings: Standings) -> Iterator[Violation]:
    """Taken and given back are the same on both sides, and never more than there was."""
    returned: Counter[str] = Counter()
    reserved: Counter[str] = Counter()
    for refund in seen["refunds"]:
        reserved[refund["charge_id"]] += (
            refund["amount"] if refund["status"] in ("pending", "succeeded") else 0
        )
        returned[refund["charge_id"]] += refund["amount"] if refund["status"] == "succeeded" else 0
    for charge in seen["charges"]:
        standing = standings.get((charge["acquirer"], charge["authorization"]))
        if charge["status"] != "succeeded" or charge["voided"] or standing is None:
            continue
        if charge["amount_captured"] != standing.captured:
            detail = f"Florin {charge['amount_captured']}, bank {standing.captured}"
            yield Violation("captured alike on both sides", charge["id"], detail)
        if charge["amount_refunded"] != reserved[charge["id"]] or returned[charge["id"]] != standing.refunded:
            detail = (
                f"charge {charge['amount_refunded']}, refunds {reserved[charge['id']]}, "
                f"succeeded {returned[charge['id']]}, bank {standing.refunded}"
            )
            yield Violation("refunded alike on both sides", charge["id"], detail)
        if not reserved[charge["id"]] <= charge["amount_captured"] <= charge["amount"]:
            yield Violation(
                "refunded <= captured <= authorised", charge["id"], f"{reserved[charge['id']]} refunded"
            )
    for standing in standings.values():
        gone = standing.refunded + standing.charged_back
        if not (standing.refunded >= 0 and gone <= standing.captured <= standing.amount):
            yield Violation("refunded <= captured at the bank", standing.reference, str(standing))


def movements_are_known(seen: Snapshot, books: Books) -> Iterator[Violation]:
    """Every capture and refund that a bank has carried out was asked by an attempt, which knows of it."""
    movements = books.movements
    attempts = {(row["acquirer"], row["id"]): row for row in seen["attempts"]}
    for movement in movements:
        attempt = attempts.get((movement.bank, movement.reference))
        if attempt is None or attempt["status"] != "succeeded" or attempt["amount_minor"] != movement.amount:
            told = attempt and (attempt["status"], attempt["amount_minor"])
            yield Violation("an attempt behind each movement", movement.reference, f"{movement}: {told}")
    done = {(movement.bank, movement.reference) for movement in movements}
    for key, attempt in attempts.items():
        if attempt["kind"] in ("capture", "refund") and attempt["status"] == "succeeded" and key not in done:
            yield Violation("a movement behind each success", attempt["id"], f"{attempt['kind']} at {key[0]}")


def ledger(seen: Snapshot) -> Iterator[Violation]:
    """Every transaction sums to zero in each currency, and posts its movement whole, fee included."""
    sums: Counter[tuple[str, str]] = Counter()
    books: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in seen["ledger_entries"]:
        sums[entry["transaction_id"], entry["currency"]] += entry["amount_minor"]
        books[entry["transaction_id"]][entry["book"]] += entry["amount_minor"]
    for (transaction, currency), total in sums.items():
        if total:
            yield Violation("the ledger sums to zero", transaction, f"{total} {currency}")
    for row in seen["balance_transactions"]:
        wanted = _entries_of(row)
        if {book: amount for book, amount in wanted.items() if amount} != dict(books[row["id"]]):
            yield Violation("a movement is posted whole", row["id"], f"{dict(books[row['id']])}")
        if row["type"] == "charge" and row["fee"] < (row["amount"] * LEAST_FEE_BASIS_POINTS) // 10_000:
            yield Violation("a payment costs its fee", row["id"], f"{row['fee']} of {row['amount']}")


def _entries_of(row: Row) -> dict[str, int]:
    """What each book has to hold of a balance transaction."""
    amount, fee = row["amount"], row["fee"]
    if row["type"] in PAYOUTS:
        return {"payouts_in_transit": amount, "merchant_payable": -amount}
    assert row["type"] in POSTED_WHOLE, row
    return {"acquirer_receivable": amount, "merchant_payable": fee - amount, "fee_income": -fee}


def movements_are_posted(seen: Snapshot) -> Iterator[Violation]:
    """A captured charge and a succeeded refund have one balance transaction each, of the same money."""
    posted: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in seen["balance_transactions"]:
        posted[row["type"], row["source_id"]].append(row)
    for charge in seen["charges"]:
        captured = charge["amount_captured"] if charge["status"] == "succeeded" else 0
        yield from _posted_once(posted["charge", charge["id"]], captured, charge)
    for refund in seen["refunds"]:
        went_out = refund["status"] == "succeeded" or refund["balance_transaction_id"] is not None
        yield from _posted_once(posted["refund", refund["id"]], -refund["amount"] * went_out, refund)
        came_back = refund["amount"] * (went_out and refund["status"] == "failed")
        yield from _posted_once(posted["refund_failure", refund["id"]], came_back, refund)


def _posted_once(rows: list[Row], amount: int, of: Row) -> Iterator[Violation]:
    found = [(row["amount"], row["currency"]) for row in rows]
    if found != ([(amount, of["currency"])] if amount else []):
        yield Violation("a movement is booked once", of["id"], f"{found} for {amount} {of['currency']}")


def intents_and_charges(seen: Snapshot) -> Iterator[Violation]:
    """What an intent and its session say of the money is what the charges say."""
    charges: dict[str, list[Row]] = defaultdict(list)
    for charge in seen["charges"]:
        if charge["status"] == "succeeded" and not charge["voided"]:
            charges[charge["payment_intent_id"]].append(charge)
    for intent in seen["payment_intents"]:
        own = charges[intent["id"]]
        paid = intent["status"] in ("succeeded", "requires_capture")
        if len(own) != paid:
            yield Violation(
                "an intent has the charge it tells of", intent["id"], f"{intent['status']}: {len(own)}"
            )
        elif paid and own[0]["amount_captured"] != intent["amount_received"]:
            yield Violation("an intent tells what was received", intent["id"], f"{intent['amount_received']}")
    intents = {row["id"]: row for row in seen["payment_intents"]}
    for session in seen["checkout_sessions"]:
        intent = intents.get(session["payment_intent_id"] or "", {})
        if (session["payment_status"] == "paid") != (intent.get("status") == "succeeded"):
            detail = f"{session['payment_status']}, but the intent is {intent.get('status')}"
            yield Violation("a session tells whether it is paid", session["id"], detail)
