"""Refunds that are pending first, and refunds that come back, as a merchant and its books see them."""

import pytest
import stripe

from payments import notices
from payments.bank import acquirers
from tests.disputes.support import SOON, Shop, of_subject
from tests.support.unreliable import Unreliable, lost_answer

pytestmark = pytest.mark.slow

PENDING, FAILING = "pendingRefund", "refundFail"


def refund_of(shop: Shop, intent: stripe.PaymentIntent, amount: int = 500) -> stripe.Refund:
    return shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": amount})


def test_a_refund_is_pending_until_the_bank_has_done_it(shop: Shop) -> None:
    intent = shop.pay(PENDING)
    before = shop.balance()
    refund = refund_of(shop, intent)
    assert (refund.status, refund.pending_reason, refund.balance_transaction) == (
        "pending",
        "processing",
        None,
    )
    assert shop.balance() == before
    assert shop.sdk.v1.charges.retrieve(str(intent.latest_charge)).amount_refunded == 500
    shop.check_books()
    shop.advance(SOON)
    shop.follow()
    done = shop.sdk.v1.refunds.retrieve(refund.id)
    assert (done.status, done.pending_reason) == ("succeeded", None)
    assert done.balance_transaction
    assert done.destination_details is not None
    assert done.destination_details.card is not None
    assert len(done.destination_details.card.reference or "") == 23
    assert shop.balance() == before - 500
    refunds = [type for type in shop.event_types() if "refund" in type]
    assert refunds == ["refund.created", "refund.updated", "charge.refunded", "charge.refund.updated"]
    shop.check_books()


def test_a_pending_refund_is_found_out_by_the_sweep_where_no_notice_comes(shop: Shop) -> None:
    refund = refund_of(shop, shop.pay(PENDING))
    shop.sweep()
    assert shop.sdk.v1.refunds.retrieve(refund.id).status == "pending"
    shop.advance(SOON)
    shop.sweep()
    assert shop.sdk.v1.refunds.retrieve(refund.id).status == "succeeded"
    shop.follow()
    assert shop.event_types("refund.") == ["refund.created", "refund.updated"]
    shop.check_books()


def test_a_refund_that_fails_afterwards_gives_the_money_back_to_the_merchant(shop: Shop) -> None:
    intent = shop.pay(FAILING)
    before = shop.balance()
    refund = refund_of(shop, intent, 2000)
    assert refund.status == "succeeded"
    assert shop.balance() == before - 2000
    shop.advance(SOON)
    shop.follow()
    failed = shop.sdk.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    returned = failed.failure_balance_transaction
    assert isinstance(returned, stripe.BalanceTransaction)
    assert (returned.type, returned.amount, returned.fee) == ("refund_failure", 2000, 0)
    assert shop.balance() == before
    charge = shop.sdk.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    refunds = [type for type in shop.event_types() if "refund" in type]
    assert refunds == [
        "refund.created",
        "refund.updated",
        "charge.refunded",
        "charge.refund.updated",
        "refund.failed",
        "charge.refund.updated",
    ]
    shop.check_books()
    assert refund_of(shop, intent, 2000).status == "succeeded"
    shop.check_books()


@pytest.mark.parametrize("token", [PENDING, FAILING])
def test_doubled_and_late_notices_change_nothing(shop: Shop, token: str) -> None:
    reference = shop.reference_of(refund_of(shop, shop.pay(token)))
    shop.advance(SOON)
    shop.follow()
    once = shop.event_types()
    movements = shop.movements()
    (notice,) = of_subject(shop.told(), reference)
    for number in range(3):
        assert shop.deliver({**notice, "id": f"{notice['id']}_{number}"}) == 200
    shop.drain()
    assert (shop.event_types(), shop.movements()) == (once, movements)
    shop.check_books()


@pytest.mark.parametrize(("token", "status"), [(PENDING, "succeeded"), (FAILING, "failed")])
def test_a_refund_whose_answer_was_lost_comes_to_the_same_end(
    shop: Shop, token: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "RETRY_SECONDS", (0,) * 8)
    intent = shop.pay(token)
    line = Unreliable(acquirers["piggy_bank"], "piggy_bank")
    monkeypatch.setitem(acquirers, "piggy_bank", line)
    line.expect(lost_answer)
    refund = refund_of(shop, intent)
    assert refund.status == "pending"
    shop.advance(SOON)
    shop.follow()  # the notice comes before we know that the bank has the refund at all
    shop.sweep()
    shop.sweep()
    shop.drain()
    assert shop.sdk.v1.refunds.retrieve(refund.id).status == status
    assert len(of_subject(shop.told(), shop.reference_of(refund))) == 1
    shop.check_books()


@pytest.mark.parametrize("token", ["visa", PENDING])
def test_no_refund_of_a_card_can_be_canceled(shop: Shop, token: str) -> None:
    refund = refund_of(shop, shop.pay(token))
    with pytest.raises(stripe.InvalidRequestError, match="Canceling this refund is unsupported") as refused:
        shop.sdk.v1.refunds.cancel(refund.id)
    assert refused.value.http_status == 400
    shop.advance(SOON)
    shop.follow()
    shop.check_books()
