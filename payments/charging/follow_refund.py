"""follow_refund: bring a refund of ours to where it stands at the bank, by every step that it took there."""

from kit.database import db
from payments import bank, cases
from payments.bank import Done, Pending, Refused
from payments.cases import NotYet, RefundFacts
from payments.charging import refund
from payments.charging.attempts import ENDS, Attempt, Kind, State
from payments.charging.charges import Charge
from payments.charging.refunds import Refund, Status
from payments.scope import acting_as, system

UNNAMED = "unknown"  # a reason that the bank did not tell


def follow(acquirer: str, reference: str) -> None:
    """Fetch a refund and collect what is new of it; a handler of notices (payments/notices.py).

    Does nothing for a refund that is not ours. Raises NotYet where that can't be told at the moment.
    """
    attempt = db.session.get(Attempt, reference)
    if attempt is None or attempt.acquirer != acquirer or attempt.kind != Kind.REFUND:
        return
    if attempt.status in (State.ASKED, State.UNKNOWN):
        raise NotYet("the bank's answer to the refund itself comes first")
    facts = cases.fetch(acquirer, lambda desk: desk.refund(reference))
    if facts is None:
        return
    with acting_as(system(attempt.account_id, livemode=attempt.livemode)):
        refund_row = Refund.find(str(attempt.refund_id))
        _walk(attempt, refund_row, Charge.find(refund_row.charge_id), facts)


def standing(attempt: Attempt) -> bank.Answer:
    """Return the answer to a refund that was pending, as it stands now; for the sweep over open questions."""
    try:
        facts = cases.fetch(attempt.acquirer, lambda desk: desk.refund(attempt.reference))
    except NotYet as reason:
        return bank.Unknown(str(reason))
    if facts is None:
        return bank.NotFound()
    if "succeeded" in facts.history:
        return Done(facts.acquirer_reference)
    failed = facts.history[-1] == Status.FAILED
    return Refused(facts.failure_reason or UNNAMED) if failed else Pending()


def _walk(attempt: Attempt, refund_row: Refund, charge: Charge, facts: RefundFacts) -> None:
    if refund_row.status not in facts.history:
        return  # asked before the last step and answered after it: what we know is newer
    reason = facts.failure_reason or UNNAMED
    for status in facts.history[facts.history.index(refund_row.status) + 1 :]:
        if status == Status.SUCCEEDED:
            refund.settle_refund(attempt, refund_row, charge, Done(facts.acquirer_reference))
        elif attempt.status in ENDS:
            refund.settle_return(refund_row, charge, reason)
        else:
            refund.settle_refund(attempt, refund_row, charge, Refused(reason))
