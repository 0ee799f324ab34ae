"""Both sides' cases: a dispute stands here as at its bank, and every one that a bank told of stands here."""

from collections.abc import Iterator
from functools import partial

from sqlalchemy import func, select

from kit.database import db
from payments import cases
from payments.bank import NotFound, Unknown
from payments.cases import Desk, DisputeFacts
from payments.charging.attempts import Attempt
from payments.charging.disputes import Dispute
from payments.doctor.pages import PAGE_ROWS, Check, Finding, Page, pages, persisting

TOLD = "dispute.updated"


def checks() -> list[Check]:
    """Return one check for each bank that has a desk."""
    return [_of(name, cases.desks[name]) for name in sorted(cases.desks)]


def _of(name: str, desk: Desk) -> Check:
    sentence = f"a dispute at {name} stands here as it stands there"

    def steps() -> int:
        ours = select(func.count()).where(Dispute.acquirer == name)
        return int(db.session.scalar(ours) or 0) // PAGE_ROWS + 1

    def run() -> Iterator[list[Finding]]:
        for page in pages(Dispute.id):
            yield persisting(partial(_elsewhere, name, desk, page))
        yield from _untold(name, desk)

    return Check(f"disputes at {name}", sentence, steps, run)


def _elsewhere(name: str, desk: Desk, page: Page) -> list[Finding]:
    """Find disputes that stand otherwise at the bank; where it has yet to answer a move, they may."""
    query = select(Dispute.id, Dispute.bank_dispute_id, Dispute.status, Dispute.amount).where(
        page.holds(Dispute.id), Dispute.acquirer == name, Dispute.filing_id.is_(None)
    )
    found = []
    for dispute_id, bank_dispute_id, status, amount_minor in db.session.execute(query).all():
        match desk.dispute(bank_dispute_id):
            case NotFound():
                found.append(Finding(dispute_id, f"{name} knows no such dispute"))
            case Unknown(reason=reason):
                found.append(Finding(dispute_id, f"{name} does not tell how it stands: {reason}", note=True))
            case DisputeFacts(history=history) if history[-1] != status:
                found.append(Finding(dispute_id, f"{name} says {history[-1]}, and we say {status}"))
            case DisputeFacts(amount_minor=told) if told != amount_minor:
                found.append(Finding(dispute_id, f"{name} disputes {told}, and we {amount_minor}"))
    return found


def _untold(name: str, desk: Desk) -> Iterator[list[Finding]]:
    """Walk all notices that the bank ever gave; each of a dispute about a payment of ours is one of ours."""
    after, has_more = 0, True
    while has_more:
        page = desk.notices(after)
        if isinstance(page, Unknown):
            yield [Finding(name, f"its notices can't be read: {page.reason}")]
            return
        subjects = {notice.subject for notice in page.notices if notice.kind == TOLD}
        if subjects:
            yield persisting(partial(_unrecorded, name, desk, tuple(sorted(subjects))))
        has_more = page.has_more and bool(page.notices)
        after = page.notices[-1].seq if page.notices else after


def _unrecorded(name: str, desk: Desk, subjects: tuple[str, ...]) -> list[Finding]:
    known = select(Dispute.bank_dispute_id).where(
        Dispute.acquirer == name, Dispute.bank_dispute_id.in_(subjects)
    )
    missing = set(subjects) - set(db.session.scalars(known))
    found = []
    for subject in sorted(missing):
        told = desk.dispute(subject)
        if isinstance(told, DisputeFacts) and _is_ours(name, told.authorization):
            problem = f"{name} told of this dispute about {told.authorization}; it is not recorded here"
            found.append(Finding(subject, problem))
    return found


def _is_ours(name: str, authorization: str) -> bool:
    attempt = db.session.get(Attempt, authorization)
    return attempt is not None and attempt.acquirer == name
