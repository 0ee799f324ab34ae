"""Settlement: what the acquirers settled and what we booked agree, line by line."""

from payments.balance import reconciliation
from payments.doctor.pages import Check, Finding, at_once


def checks() -> list[Check]:
    """Return the check of this file."""
    sentence = "the acquirers' settlements and the ledger agree line by line"
    return [at_once("settlements", sentence, _differences)]


def _differences() -> list[Finding]:
    report = reconciliation.report()
    found = [
        Finding(
            str(difference["reference"] or difference["settlement_id"]),
            f"{difference['acquirer']}: {difference['explanation']} (ours {difference['ours']}, theirs "
            f"{difference['theirs']})",
        )
        for difference in report.differences
    ]
    suspended = [
        Finding("suspense", f"{amount} {currency} are in suspense")
        for currency, amount in report.suspense_minor.items()
        if amount
    ]
    return found + suspended
