"""follow_dispute: bring a dispute to where it stands at the bank, by every step that it took there."""

from sqlalchemy import select

from kit.database import db
from payments import cases, events, lifecycle
from payments.balance.balance_transactions import BalanceTransaction
from payments.balance.fees import dispute_fee_minor
from payments.balance.terms import present_terms
from payments.cases import DisputeFacts, NotYet, WarningFacts
from payments.charging.attempts import Attempt
from payments.charging.charges import Charge
from payments.charging.charges import Status as ChargeStatus
from payments.charging.disputes import INQUIRIES, Dispute, Status
from payments.radar.early_fraud_warnings import EarlyFraudWarning
from payments.scope import acting_as, system


def follow(acquirer: str, bank_dispute_id: str) -> None:
    """Fetch a dispute and collect what is new of it; a handler of notices (payments/notices.py).

    Does nothing for a payment that is not ours. Raises NotYet where that can't be told at the moment.
    """
    facts = cases.fetch(acquirer, lambda desk: desk.dispute(bank_dispute_id))
    if facts is None or (charge := _charge_of(acquirer, facts.authorization)) is None:
        return
    with acting_as(system(charge.account_id, livemode=charge.livemode)):
        record(charge, facts)


def follow_warning(acquirer: str, bank_warning_id: str) -> None:
    """Fetch a fraud warning and collect it, once; a handler of notices."""
    facts = cases.fetch(acquirer, lambda desk: desk.fraud_warning(bank_warning_id))
    if facts is None or (charge := _charge_of(acquirer, facts.authorization)) is None:
        return
    with acting_as(system(charge.account_id, livemode=charge.livemode)):
        if not _is_known(acquirer, facts):
            EarlyFraudWarning.open(charge, facts)


def record(charge: Charge, facts: DisputeFacts) -> None:
    """Collect every step of a dispute that we have not recorded yet."""
    dispute = Dispute.of_bank(charge.acquirer, facts.id)
    if dispute is None:
        dispute = _open(charge, facts)
    if dispute.filing_id is not None:
        raise NotYet("the bank's answer to our own move comes first")
    walk(dispute, facts)


def walk(dispute: Dispute, facts: DisputeFacts) -> None:
    """Take a dispute, with its money, through every status that it has had at the bank since its own."""
    if dispute.status not in facts.history:
        return  # asked before the last step and answered after it: what we know is newer
    dispute.amount, dispute.due_by = facts.amount_minor, facts.due_by
    for status in facts.history[facts.history.index(dispute.status) + 1 :]:
        _step(dispute, Status(status))


def _step(dispute: Dispute, status: Status) -> None:
    if status == Status.NEEDS_RESPONSE:
        _withdraw(dispute)
        lifecycle.move(dispute, status)
        events.record("charge.dispute.funds_withdrawn", dispute)
    elif status == Status.WON:
        _reinstate(dispute)
        lifecycle.move(dispute, status)
        events.record("charge.dispute.closed", dispute)
    else:
        lifecycle.move(dispute, status)


def _open(charge: Charge, facts: DisputeFacts) -> Dispute:
    dispute = Dispute.collect(charge, facts)
    charge.disputed = True
    EarlyFraudWarning.reconsider(charge)
    if dispute.status not in INQUIRIES:
        _withdraw(dispute)
    lifecycle.begin(dispute, "charge.dispute.created")
    if dispute.status not in INQUIRIES:
        events.record("charge.dispute.funds_withdrawn", dispute)
    return dispute


def _withdraw(dispute: Dispute) -> None:
    fee_minor = dispute_fee_minor(present_terms().settles_in(dispute.currency))
    transaction = BalanceTransaction.of_dispute(
        dispute.id, -dispute.amount, dispute.currency, fee_minor=fee_minor
    )
    dispute.withdrawal_id = transaction.id


def _reinstate(dispute: Dispute) -> None:
    """Give back the amount and the fee."""
    taken = BalanceTransaction.find(str(dispute.withdrawal_id))
    transaction = BalanceTransaction.of_dispute(
        dispute.id, dispute.amount, dispute.currency, fee_minor=-taken.fee, reversal=True
    )
    dispute.reversal_id = transaction.id


def _charge_of(acquirer: str, authorization: str) -> Charge | None:
    """Return the charge of a bank's authorisation, None where it is not ours; raises NotYet."""
    attempt = db.session.get(Attempt, authorization)
    if attempt is None or attempt.acquirer != acquirer:
        return None
    charge = db.session.get(Charge, attempt.charge_id)
    if charge is None or charge.status != ChargeStatus.SUCCEEDED:
        raise NotYet("the payment itself has not been recorded yet")
    return charge


def _is_known(acquirer: str, facts: WarningFacts) -> bool:
    row = EarlyFraudWarning
    query = select(row.id).where(row.acquirer == acquirer, row.bank_warning_id == facts.id)
    return db.session.scalar(query) is not None
