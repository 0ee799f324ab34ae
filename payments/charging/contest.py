"""contest: answer a dispute with evidence, or give in: claim, ask the bank, record."""

from typing import Any

from kit.database import db
from payments import audit, cases, events
from payments.bank import Refused, Unknown
from payments.cases import DisputeFacts
from payments.charging.disputes import Dispute
from payments.charging.filings import Filing
from payments.charging.follow_dispute import walk
from payments.errors import ApiError, InvalidRequest
from payments.resource import merged_metadata
from payments.scope import acting_as, system

LONGEST_FIELD = 20_000
LONGEST_ALTOGETHER = 150_000


def update(dispute: Dispute, params: dict[str, Any]) -> None:
    """Stage evidence and metadata, and submit the evidence unless `submit` is false.

    Raises InvalidRequest for an ended dispute or too much text, LockTimeout while the bank is asked, and
    ApiError (already recorded) where it gave no answer: the sweep asks again under the same reference.
    """
    dispute.require_open()
    before = dispute.as_stripe()
    if "metadata" in params:
        dispute.metadata_ = merged_metadata(dispute.metadata_, params["metadata"])
    if "evidence" in params:
        dispute.evidence = _merged(dispute.evidence, params["evidence"])
    audit.record("dispute.staged", dispute.id, fields=sorted(params))
    submits = params.get("submit", "evidence" in params)
    if not submits:
        events.record_update(dispute, before, "charge.dispute.updated")
        return
    if not dispute.evidence:
        raise InvalidRequest("There is no evidence to submit.", param="evidence")
    _ask(dispute, Filing.begin(dispute, dict(dispute.evidence)))


def close(dispute: Dispute) -> None:
    """Give in: the dispute is lost, an inquiry closed. Raises as update() does."""
    dispute.require_open()
    _ask(dispute, Filing.begin(dispute, None))


def settle_again(filing_id: str) -> bool:
    """Ask the bank once more for the answer to an open move; tell whether it came. The job's edge commits."""
    filing = db.session.get(Filing, filing_id)
    if filing is None or filing.look_at is None:
        return False
    with acting_as(system(filing.account_id, livemode=filing.livemode)):
        dispute = Dispute.find(filing.dispute_id)
        if dispute.acquirer in cases.resting():
            filing.wait()
            return False
        answer = cases.ask(dispute.acquirer, lambda desk: desk.move(filing.question(dispute)))
        settle(filing, dispute, answer)
        return filing.look_at is None


def settle(filing: Filing, dispute: Dispute, answer: DisputeFacts | Refused | Unknown) -> None:
    """Collect what follows from the bank's answer to a move."""
    if isinstance(answer, Unknown):
        filing.wait()
        return
    filing.close(answer.reason if isinstance(answer, Refused) else None)
    dispute.filing_id = None
    audit.record("dispute.moved", dispute.id, gave_in=filing.evidence is None, refused=filing.refusal)
    if isinstance(answer, Refused):
        return
    before = dispute.status
    if filing.evidence is not None:
        dispute.submission_count += 1
    walk(dispute, answer)
    if dispute.status == before:  # further evidence while the first is being read
        events.record("charge.dispute.updated", dispute)


def _ask(dispute: Dispute, filing: Filing) -> None:
    answer = cases.ask(dispute.acquirer, lambda desk: desk.move(filing.question(dispute)))
    settle(filing, dispute, answer)
    match answer:
        case Refused():
            raise InvalidRequest("This dispute is already closed", keep=True)
        case Unknown():
            raise ApiError("The bank has not answered yet; look the dispute up.", keep=True)


def _merged(present: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    """Return the evidence with what is given; raises InvalidRequest for too much text."""
    for name, text in given.items():
        if len(text) > LONGEST_FIELD:
            raise InvalidRequest(
                f"Invalid string: must be at most {LONGEST_FIELD} characters", param=f"evidence[{name}]"
            )
    merged = present | given
    if sum(map(len, merged.values())) > LONGEST_ALTOGETHER:
        raise InvalidRequest(
            f"The evidence may have {LONGEST_ALTOGETHER} characters altogether.", param="evidence"
        )
    return merged
