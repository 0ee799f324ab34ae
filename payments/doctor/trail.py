"""The trail: every change of a status has its audit row and its event, and the rows are as sealed."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from kit import clock
from kit.database import db
from payments import audit_chain, resource
from payments.audit import AuditRow
from payments.charging.charges import UNSHOWN_INTENT
from payments.doctor.pages import Check, Finding, Page, at_once, over, pairs
from payments.events import KEPT_SECONDS, Event

# An audit row and its event are a moment apart, and the doctor takes its time.
SLACK_SECONDS = 24 * 3600


def checks(head_file: Path) -> list[Check]:
    """Return the checks of this file: one for each noun that has states, and the chain."""
    found = [_of(noun) for noun in resource.nouns() if hasattr(noun, "transitions")]
    return [*found, at_once("chain", "the audit rows are as they were sealed", lambda: _chain(head_file))]


def _of(noun: Any) -> Check:
    name = noun.object_name
    sentence = f"every change of a {name}'s status has its audit row and its event"
    return over(f"trail of {name}", sentence, noun.id, lambda page: _untold(noun, page))


def _untold(noun: Any, page: Page) -> list[Finding]:
    """Follow each object from its creation along its audit rows to the status that it has.

    The rows of one write come in no order, so they are counted: each change leaves one state and enters
    another, and what is left over has to be the present status.
    """
    present = select(noun.id, noun.status).where(page.holds(noun.id))
    stands: dict[str, str] = pairs(present)
    told = _events(noun, page)
    balance: dict[str, Counter[str]] = defaultdict(Counter)
    needed: dict[str, Counter[str]] = defaultdict(Counter)
    found = []
    rows = select(AuditRow.object_id, AuditRow.details, AuditRow.created).where(
        page.holds(AuditRow.object_id), AuditRow.action.like(f"{noun.object_name}.%")
    )
    kept = clock.now() - KEPT_SECONDS + SLACK_SECONDS
    for object_id, details, created in db.session.execute(rows):
        before, after = details.get("was"), details.get("to")
        if after is None or object_id not in stands:
            continue
        balance[object_id][after] += 1
        if before is None:
            continue
        balance[object_id][before] -= 1
        if not noun.transitions.allows(before, after):
            found.append(Finding(object_id, f"it went from {before} to {after}, and no edge leads there"))
        elif object_id.startswith(UNSHOWN_INTENT):
            continue  # No event is about what the merchant does not know of.
        elif (event_type := noun.transitions.event_for(before, after)) is not None and created > kept:
            needed[object_id][event_type] += 1
    for object_id, status in stands.items():
        if not _leads_to(status, balance[object_id]):
            led = _words(+balance[object_id]) or "nothing"
            found.append(Finding(object_id, f"its audit rows lead to {led}, and it is {status}"))
        missing = needed[object_id] - told[object_id]
        if missing:
            found.append(Finding(object_id, f"no event tells of a change: {_words(missing)}"))
    return found


def _leads_to(status: str, balance: Counter[str]) -> bool:
    """Tell whether the changes lead to a status: from its creation, or from a state that no row tells of."""
    ends, beginnings = +balance, -balance
    if not beginnings:
        return ends in (Counter({status: 1}), Counter())
    return ends == Counter({status: 1}) and beginnings.total() == 1


def _events(noun: Any, page: Page) -> dict[str, Counter[str]]:
    types = {event for event in noun.transitions.edges.values() if event is not None}
    query = (
        select(Event.object_id, Event.type, func.count())
        .where(page.holds(Event.object_id), Event.type.in_(types))
        .group_by(Event.object_id, Event.type)
    )
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for object_id, event_type, count in db.session.execute(query):
        counted[object_id][event_type] = count
    return counted


def _words(counted: Counter[str]) -> str:
    return ", ".join(f"{name} ({count})" if count > 1 else name for name, count in sorted(counted.items()))


def _chain(head_file: Path) -> list[Finding]:
    broken = audit_chain.verify(head_file)
    if broken is None:
        return []
    rows = f"rows {broken.first_seq} to {broken.last_seq}"
    return [Finding(f"seal {broken.seal_seq}", f"{broken.problem} ({rows})")]
