"""follow_authorization: a bank says that a payment has moved on; look it up and record what it came to."""

from kit.database import db
from payments.cases import NotYet
from payments.charging import reconcile
from payments.charging.attempts import ENDS, Attempt, State


def follow(acquirer: str, reference: str) -> None:
    """Collect how an open payment stands at its bank; raises NotYet where that can't be told so far."""
    attempt = db.session.get(Attempt, reference)
    if attempt is None or attempt.acquirer != acquirer or attempt.status in ENDS:
        return
    before = attempt.status
    if before == State.ASKED:
        raise NotYet("the request that asked has not recorded its answer")
    reconcile.reconcile_attempt(reference, patiently=False)
    if before == attempt.status == State.CHALLENGED:
        raise NotYet("the bank did not tell how the challenge ended")
