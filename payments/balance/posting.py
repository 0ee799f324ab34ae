"""posting: take a settlement into the ledger, whole and once, and what differs into the report."""

from kit import bulk, clock
from kit.bulk import Step
from kit.ids import new_id
from payments import ledger
from payments.balance.matching import Found, Matched, Owner
from payments.balance.settlements import Settlement, State
from payments.ledger import Account, Entry

MARK = """
    UPDATE settlements SET status = ?, posted_at = ?, matched_count = ?, difference_count = ?,
        version = version + 1
    WHERE id = ? AND version = ? AND status = ?
"""
ENTER = """
    INSERT INTO ledger_entries (transaction_id, account_id, livemode, book, currency, amount_minor, created)
    VALUES (?, ?, ?, ?, ?, ?, ?)
"""
DIFFER = """
    INSERT INTO settlement_differences (created, acquirer, settlement_id, number, kind, reference,
        transaction_id, account_id, ours, theirs)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
LINES = """
    SELECT transaction_id FROM settlement_lines
    WHERE settlement_id = ? AND download = ? AND transaction_id IS NOT NULL
"""
RELEASE = f"""
    UPDATE balance_transactions SET available_on = ? WHERE available_on > ? AND id IN ({LINES})
"""  # noqa: S608 - LINES is ours
RESOLVE = f"""
    UPDATE settlement_differences SET resolved_at = ?
    WHERE kind = 'missing_there' AND resolved_at IS NULL AND transaction_id IN ({LINES})
"""  # noqa: S608 - LINES is ours
ANNOUNCE = """
    INSERT INTO settled_accounts (id, settlement_id, account_id, livemode, version) VALUES (?, ?, ?, ?, 1)
"""


def post(settlement: Settlement, outcome: Matched) -> None:
    """Write all that follows from a matched settlement in one transaction; raises StaleWrite if it is done.

    What matched takes our claim off the acquirer, in the currency of the payment, and puts what came on our
    account, in the currency of the settlement. What did not match came as well, and stands in suspense.
    """
    now = clock.now()
    entries = _entries(settlement, outcome)
    count = len(outcome.differences)
    mark = (
        State.POSTED.value,
        now,
        outcome.count,
        count,
        settlement.id,
        settlement.version,
        State.STAGED.value,
    )
    rows = [
        (settlement.id, account_id, livemode, entry.book.value, entry.currency, entry.amount_minor, now)
        for (account_id, livemode), of_owner in entries.items()
        for entry in of_owner
        if entry.amount_minor
    ]
    owners = {owner for owner, _ in outcome.sums}
    of_lines = (settlement.id, settlement.download)
    bulk.run(
        [
            Step(MARK, mark, 1),
            Step(ENTER, many=rows),
            Step(DIFFER, many=[difference_row(settlement, found, now) for found in outcome.differences]),
            Step(RELEASE, (now, now, *of_lines)),
            Step(RESOLVE, (now, *of_lines)),
            Step(ANNOUNCE, many=[(new_id("sac_"), settlement.id, *owner) for owner in sorted(owners)]),
        ]
    )


def refuse(settlement: Settlement, problems: list[str], detail: str) -> None:
    """Keep what is wrong with a settlement's file; nothing of it is posted."""
    now = clock.now()
    refused = (
        "UPDATE settlements SET status = ?, version = version + 1 WHERE id = ? AND version = ? AND status = ?"
    )
    found = [Found(problem, 0, settlement.bank_id, theirs=detail) for problem in problems]
    bulk.run(
        [
            Step(refused, (State.REFUSED.value, settlement.id, settlement.version, State.FOUND.value), 1),
            Step(DIFFER, many=[difference_row(settlement, item, now) for item in found]),
        ]
    )


def difference_row(settlement: Settlement, found: Found, now: int) -> tuple[object, ...]:
    """Return the values of DIFFER."""
    return (
        now, settlement.acquirer, settlement.id, found.number, found.kind, found.reference,
        found.transaction_id, found.account_id, found.ours, found.theirs,
    )  # fmt: skip


def _entries(settlement: Settlement, outcome: Matched) -> dict[Owner, list[Entry]]:
    """Return the ledger entries of each owner; each one's sum to zero in each currency."""
    settled_in = settlement.currency
    entries: dict[Owner, list[Entry]] = {}
    for (owner, currency), sums in sorted(outcome.sums.items()):
        of_owner = entries.setdefault(owner, [])
        of_owner += [
            Entry(Account.ACQUIRER_RECEIVABLE, currency, -sums.presentment_minor),
            Entry(Account.BANK_CASH, settled_in, sums.gross_minor - sums.costs_minor),
            Entry(Account.ACQUIRER_COST, settled_in, sums.costs_minor),
        ]
        if currency != settled_in:
            of_owner += [
                Entry(Account.EXCHANGE, currency, sums.presentment_minor),
                Entry(Account.EXCHANGE, settled_in, -sums.gross_minor),
            ]
    for owner, net_minor in sorted(outcome.suspense_minor.items()):
        entries.setdefault(owner, []).extend(
            (
                Entry(Account.BANK_CASH, settled_in, net_minor),
                Entry(Account.SUSPENSE, settled_in, -net_minor),
            )
        )
    for of_owner in entries.values():
        ledger.check(settlement.id, of_owner)
    return entries
