"""What a dispute or a fraud warning means for its charge: how much, how often, and can it be refunded."""

import pytest
import stripe

from tests.disputes.support import DAY, SOON, Shop

pytestmark = pytest.mark.slow


def test_a_charged_back_charge_cannot_be_refunded_until_the_dispute_is_won(shop: Shop) -> None:
    dispute = shop.disputed()
    for given in ({"charge": str(dispute.charge)}, {"payment_intent": str(dispute.payment_intent)}):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.sdk.v1.refunds.create(given)  # type: ignore[arg-type]
        assert (refused.value.code, refused.value.http_status) == ("charge_disputed", 400)
    shop.submit(dispute.id, "winning_evidence")
    shop.advance(SOON)
    shop.follow()
    assert shop.sdk.v1.refunds.create({"charge": str(dispute.charge)}).status == "succeeded"
    shop.check_books()


def test_a_refund_that_crosses_a_dispute_fails_and_leaves_the_money_where_it_is(shop: Shop) -> None:
    intent = shop.pay("createDispute")
    shop.advance(SOON)  # the bank has charged it back, and nobody has told us yet
    refund = shop.sdk.v1.refunds.create({"payment_intent": intent.id})
    assert (refund.status, refund.failure_reason) == ("failed", "charge_for_pending_refund_disputed")
    shop.follow()
    assert shop.disputes(intent)[0].status == "needs_response"
    shop.check_books()


def test_only_what_was_not_refunded_is_disputed(shop: Shop) -> None:
    intent = shop.pay("createDispute")
    shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    shop.advance(SOON)
    shop.follow()
    (dispute,) = shop.disputes(intent)
    assert dispute.amount == 1500
    shop.submit(dispute.id, "winning_evidence")
    shop.advance(SOON)
    shop.follow()
    assert shop.sdk.v1.refunds.create({"payment_intent": intent.id}).amount == 1500
    shop.check_books()


def test_nothing_is_disputed_before_it_is_captured(shop: Shop) -> None:
    intent = shop.pay("createDispute", capture_method="manual")
    shop.advance(DAY)
    shop.follow()
    assert shop.disputes(intent) == []
    shop.sdk.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1200})
    shop.advance(SOON)
    shop.follow()
    assert [dispute.amount for dispute in shop.disputes(intent)] == [1200]
    shop.check_books()


def test_a_charge_may_be_disputed_several_times_each_ending_in_its_own_way(shop: Shop) -> None:
    intent = shop.pay("createMultipleDisputes", amount=2001)
    shop.advance(SOON)
    shop.follow()
    first, second = shop.disputes(intent)
    assert sorted([first.amount, second.amount]) == [1000, 1001]
    shop.submit(first.id, "winning_evidence")
    shop.submit(second.id, "losing_evidence")
    shop.advance(SOON)
    shop.follow()
    assert (shop.dispute(first.id).status, shop.dispute(second.id).status) == ("won", "lost")
    with pytest.raises(stripe.InvalidRequestError, match="charged back"):
        shop.sdk.v1.refunds.create({"payment_intent": intent.id})
    shop.check_books()


def test_an_early_fraud_warning_is_actionable_until_the_charge_is_refunded(shop: Shop) -> None:
    intent = shop.pay("createIssuerFraudRecord")
    shop.advance(SOON)
    shop.follow()
    (warning,) = shop.sdk.v1.radar.early_fraud_warnings.list({"payment_intent": intent.id}).data
    assert (warning.actionable, warning.fraud_type) == (True, "misc")
    assert warning.id.startswith("issfr_")
    assert warning.charge == intent.latest_charge
    assert shop.event_types("radar.") == ["radar.early_fraud_warning.created"]
    shop.sdk.v1.refunds.create({"payment_intent": intent.id})
    assert not shop.sdk.v1.radar.early_fraud_warnings.retrieve(warning.id).actionable
    shop.follow()
    assert shop.event_types("radar.") == [
        "radar.early_fraud_warning.created",
        "radar.early_fraud_warning.updated",
    ]
    shop.check_books()


def test_a_currency_without_cents_is_disputed_in_its_own_units(shop: Shop) -> None:
    dispute = shop.disputed(amount=2000, currency="jpy")
    (withdrawal,) = dispute.balance_transactions
    assert (withdrawal.amount, withdrawal.currency) == (-2000, "jpy")
    shop.sdk.v1.disputes.close(dispute.id)
    shop.check_books()
