"""The checker: all rules over four witnesses. It imports nothing of Florin and asks Florin nothing.

The witnesses are the banks' journals with what the banks have sent out (notices, and files of settlements),
the sink's journal, the client's journal and a snapshot of the database; for what must be written nowhere,
every file there is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import books, cases, clearing, leaks, money, told, trail
from tests.chaos.snapshot import Snapshot
from tests.chaos.till import ClientJournal
from tests.chaos.violations import Violation


@dataclass(frozen=True)
class Evidence:
    """All that there is to judge by. `wanted` is what each endpoint subscribed to, `earlier` was before."""

    seen: Snapshot
    client: ClientJournal
    sink_journal: Path
    wanted: Mapping[str, list[str]]
    earlier: set[str]
    unsettled: Mapping[str, int]
    quiet_seconds: float
    folders: list[Path]


def violations(evidence: Evidence) -> list[Violation]:
    """Every rule that was broken, by what, and how."""
    seen = evidence.seen
    at_the_banks = books.read(seen.journals)
    standings = at_the_banks.standings
    return [
        *money.approvals_and_charges(seen, standings),
        *money.one_live_approval(seen, standings),
        *money.amounts(seen, standings),
        *money.movements_are_known(seen, at_the_banks),
        *money.ledger(seen),
        *money.movements_are_posted(seen),
        *money.intents_and_charges(seen),
        *cases.disputes(seen, at_the_banks),
        *cases.warnings(seen, at_the_banks),
        *cases.notices(seen),
        *cases.refunds_that_came_back(seen, at_the_banks),
        *cases.later_endings(seen, at_the_banks),
        *clearing.files(seen),
        *clearing.lines(seen),
        *clearing.transfers(seen, at_the_banks),
        *clearing.balances(seen),
        *told.stands(seen, evidence.client.told),
        *trail.transitions(seen),
        *trail.money_events(seen),
        *trail.deliveries(seen, evidence.sink_journal, evidence.wanted, evidence.earlier),
        *trail.settled(evidence.unsettled, seen, evidence.quiet_seconds),
        *_leaks(evidence),
    ]


def _leaks(evidence: Evidence) -> list[Violation]:
    found = [*evidence.client.leaks, *leaks.in_files(evidence.folders)]
    return [Violation("no card number or code anywhere", place, "") for place in found]
