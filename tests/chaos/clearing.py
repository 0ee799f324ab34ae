"""The rules of settled money: each line of a file is one movement of ours, payouts are what was settled."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.chaos.books import Books
from tests.chaos.snapshot import Row, Snapshot
from tests.chaos.violations import Violation

POSTED = "every file is posted, without a difference"
LINES = "every line of a file settles one movement, of the same money"
CASH = "what a file brought is booked, whole and once"
PAYOUTS = "every payout is one transfer at the bank, and the reverse"
EQUAL = "a payout is what was settled and folded"
FOLDED = "a balance is the sum of its movements"
# How a transfer stands -> how its payout does.
STATUSES = {"pending": "in_transit", "paid": "paid", "failed": "failed", "returned": "failed"}


def files(seen: Snapshot) -> Iterator[Violation]:
    """Each file is posted, without a difference, and its net is booked."""
    for row in seen["settlement_differences"]:
        detail = f"{row['kind']}: ours {row['ours']}, theirs {row['theirs']}"
        yield Violation(POSTED, str(row["transaction_id"] or row["reference"]), detail)
    cash: Counter[str] = Counter()
    for entry in seen["ledger_entries"]:
        if entry["book"] == "bank_cash":
            cash[entry["transaction_id"]] += entry["amount_minor"]
    for settlement in seen["settlements"]:
        if settlement["status"] != "posted":
            yield Violation(POSTED, settlement["id"], str(settlement["status"]))
        elif cash[settlement["id"]] != settlement["net_minor"]:
            detail = f"{cash[settlement['id']]} booked of {settlement['net_minor']}"
            yield Violation(CASH, settlement["id"], detail)


def lines(seen: Snapshot) -> Iterator[Violation]:
    """Each line that a bank has written settles one movement of ours, of the same money, once."""
    owed = {
        entry["transaction_id"]: (entry["amount_minor"], entry["currency"])
        for entry in seen["ledger_entries"]
        if entry["book"] == "acquirer_receivable"
    }
    downloads = {row["id"]: row["download"] for row in seen["settlements"]}
    ours: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for line in seen["settlement_lines"]:
        if downloads.get(line["settlement_id"]) == line["download"]:
            ours[line["settlement_id"], line["kind"], line["reference"]].append(line)
    used: Counter[str] = Counter()
    for bank, papers in seen.papers.items():
        for written in papers.lines:
            _, kind, reference, _, _, amount, currency, *_ = written["text"].split(",")
            found = ours[f"{bank}:{written['settlement_id']}", kind, reference]
            money = [(line["presentment_minor"], line["presentment_currency"]) for line in found]
            booked = [owed.get(line["transaction_id"] or "") for line in found]
            if not money == booked == [(int(amount), currency)]:
                yield Violation(LINES, reference, f"{kind} {amount} {currency}: {money}, booked {booked}")
            used.update(line["transaction_id"] for line in found)
    for transaction_id, count in used.items():
        if count > 1:
            yield Violation(LINES, transaction_id, f"settled {count} times")


def transfers(seen: Snapshot, books: Books) -> Iterator[Violation]:
    """Each payout that a bank may have heard of is one transfer there, of the same money and status."""
    payouts = {(row["acquirer"], row["id"]): row for row in seen["payouts"]}
    for key, transfer in books.transfers.items():
        row = payouts.get(key)
        here = row and (row["amount"], row["currency"], row["status"])
        there = (transfer.amount, transfer.currency, STATUSES[transfer.status])
        if here != there or books.orders_of_transfers[key] != 1:
            yield Violation(PAYOUTS, key[1], f"here {here}, at {key[0]} {there}")
    for key, row in payouts.items():
        if key not in books.transfers and row["status"] not in ("pending", "canceled"):
            yield Violation(PAYOUTS, row["id"], f"{row['status']}, but {key[0]} has no transfer")


def balances(seen: Snapshot) -> Iterator[Violation]:
    """A balance is the sum of what is folded into it, and an automatic payout is what came since the last."""
    folded: Counter[str] = Counter()
    of_fold: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in seen["balance_transactions"]:
        if row["fold"] is not None:
            folded[row["currency"]] += row["amount"] - row["fee"]
            of_fold[row["currency"]].append((row["fold"], row["amount"] - row["fee"]))
    for row in seen["folded_balances"]:
        if folded[row["currency"]] != row["amount_minor"]:
            detail = f"{row['amount_minor']}, but its movements come to {folded[row['currency']]}"
            yield Violation(FOLDED, row["currency"], detail)
    for payout in seen["payouts"]:
        if payout["automatic"]:
            span = range(payout["after_fold"] + 1, payout["last_fold"] + 1)
            came = sum(net for fold, net in of_fold[payout["currency"]] if fold in span)
            if came != payout["amount"]:
                yield Violation(EQUAL, payout["id"], f"{payout['amount']} of {came}")
