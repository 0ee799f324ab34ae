"""What becomes of a payment at Stripe later on: refunds that take time or fail, disputes, fraud warnings."""

import json
from typing import Any

import pytest

from tests.stripe_acquirer.conftest import Peer, Shop, at_stripe, sweep
from tests.stripe_acquirer.test_answers_that_are_lost import REFUND
from tests.stripe_acquirer.test_webhooks_of_stripe import drain, event, post
from tests.support.stripe_proxy import Answer, Proxy, Step, says

pytestmark = pytest.mark.slow

REFUNDS = "GET /v1/refunds"
DISPUTE = "GET /v1/disputes/:id"
ANSWER = "POST /v1/disputes/:id"
CLOSE = "POST /v1/disputes/:id/close"
WARNING = "GET /v1/radar/early_fraud_warnings/:id"
FAILED = {"status": "failed", "failure_reason": "lost_or_stolen_card"}


def with_refund(**changed: Any) -> Step:
    """The peer's answer with its refund as if it stood otherwise."""

    def step(_: Any, pass_on: Any) -> Answer:
        answer = pass_on()
        told = json.loads(answer.body)
        for refund in told["data"] if told["object"] == "list" else [told]:
            refund.update(changed)
        return Answer(answer.status, json.dumps(told).encode())

    return step


def refunded(shop: Shop, line: Proxy) -> str:
    """A payment whose refund Stripe has taken in, and not yet carried out."""
    intent = shop.pay()
    line.expect(REFUND, with_refund(status="pending"))
    refund = shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    assert refund.status == "pending"
    return refund.id


def told_of_refund(shop: Shop, **changed: Any) -> dict[str, Any]:
    reference = next(attempt.id for attempt in shop.attempts() if attempt.kind == "refund")
    thing = {"id": "re_1", "object": "refund", "metadata": {"florin_reference": reference}}
    return event("refund.updated", thing | changed)


def test_a_refund_that_takes_time_ends_when_stripe_says_so(shop: Shop, line: Proxy, peer: Peer) -> None:
    refund = refunded(shop, line)
    line.expect(REFUNDS, with_refund(status="pending"))
    assert post(shop, told_of_refund(shop)) == 200
    drain(shop)
    assert shop.sdk.v1.refunds.retrieve(refund).status == "pending"
    assert post(shop, told_of_refund(shop)) == 200
    drain(shop)
    assert shop.sdk.v1.refunds.retrieve(refund).status == "succeeded"
    (there,) = at_stripe(peer, shop.reference())
    assert [one.amount for one in peer.sdk.v1.refunds.list({"payment_intent": there.id}).data] == [500]


def test_the_sweep_finds_the_end_of_a_refund_that_no_webhook_told(shop: Shop, line: Proxy) -> None:
    refund = refunded(shop, line)
    assert sweep(shop.house) == 1
    assert shop.sdk.v1.refunds.retrieve(refund).status == "succeeded"
    assert line.whats().count(REFUND) == 1


def test_a_refund_that_fails_gives_the_money_back_to_the_merchant(shop: Shop, line: Proxy) -> None:
    refund = refunded(shop, line)
    line.expect(REFUNDS, with_refund(**FAILED))
    assert post(shop, told_of_refund(shop)) == 200
    drain(shop)
    failed = shop.sdk.v1.refunds.retrieve(refund)
    assert failed.status == "failed"
    charge = shop.sdk.v1.charges.retrieve(str(failed.charge))
    assert charge.amount_refunded == 0


def test_a_refund_that_comes_back_after_it_had_succeeded_is_undone(shop: Shop, line: Proxy) -> None:
    intent = shop.pay()
    refund = shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    assert refund.status == "succeeded"
    line.expect(REFUNDS, with_refund(**FAILED, failure_balance_transaction="txn_back"))
    for _ in range(2):
        assert post(shop, told_of_refund(shop)) == 200
        drain(shop)
    assert shop.sdk.v1.refunds.retrieve(refund.id).status == "failed"
    assert shop.sdk.v1.charges.retrieve(str(refund.charge)).amount_refunded == 0


def dispute(peer: Peer, shop: Shop, status: str) -> dict[str, Any]:
    """A dispute of the newest payment, as Stripe tells it."""
    (there,) = at_stripe(peer, shop.reference())
    return {
        "id": "dp_" + shop.account_id[5:], "object": "dispute", "amount": 2000, "charge": "ch_1",
        "created": 1_795_300_000, "currency": "usd", "evidence_details": {"due_by": 1_796_000_000},
        "metadata": {}, "network_reason_code": "10.4", "payment_intent": there.id, "reason": "fraudulent",
        "status": status,
    }  # fmt: skip


def hear(shop: Shop, line: Proxy, event_type: str, thing: dict[str, Any]) -> None:
    line.expect(DISPUTE, says(200, thing))
    assert post(shop, event(event_type, thing)) == 200
    drain(shop)


def test_a_dispute_is_taken_over_answered_and_won(shop: Shop, line: Proxy, peer: Peer) -> None:
    shop.pay()
    hear(shop, line, "charge.dispute.created", dispute(peer, shop, "needs_response"))
    (ours,) = shop.sdk.v1.disputes.list().data
    assert (ours.status, ours.amount, ours.reason) == ("needs_response", 2000, "fraudulent")
    line.expect(ANSWER, says(200, dispute(peer, shop, "under_review")))
    answered = shop.sdk.v1.disputes.update(
        ours.id, {"evidence": {"uncategorized_text": "She signed for it."}, "submit": True}
    )
    assert answered.status == "under_review"
    assert b"She+signed+for+it." in line.sent[-1].body
    hear(shop, line, "charge.dispute.closed", dispute(peer, shop, "won"))
    hear(shop, line, "charge.dispute.updated", dispute(peer, shop, "under_review"))  # out of order
    assert shop.sdk.v1.disputes.retrieve(ours.id).status == "won"


def test_a_dispute_that_the_merchant_gives_in_to_is_lost(shop: Shop, line: Proxy, peer: Peer) -> None:
    shop.pay()
    hear(shop, line, "charge.dispute.created", dispute(peer, shop, "needs_response"))
    (ours,) = shop.sdk.v1.disputes.list().data
    line.expect(CLOSE, says(200, dispute(peer, shop, "lost")))
    assert shop.sdk.v1.disputes.close(ours.id).status == "lost"


def test_a_fraud_warning_is_passed_on(shop: Shop, line: Proxy, peer: Peer) -> None:
    shop.pay()
    (there,) = at_stripe(peer, shop.reference())
    warning = {
        "id": "issfr_" + shop.account_id[5:], "object": "radar.early_fraud_warning", "charge": "ch_1",
        "fraud_type": "made_with_stolen_card", "payment_intent": there.id,
    }  # fmt: skip
    line.expect(WARNING, says(200, warning))
    assert post(shop, event("radar.early_fraud_warning.created", warning)) == 200
    drain(shop)
    (ours,) = shop.sdk.v1.radar.early_fraud_warnings.list().data
    assert ours.fraud_type == "made_with_stolen_card"


def test_a_dispute_about_nothing_of_ours_is_left_alone(shop: Shop, line: Proxy) -> None:
    stranger = {"id": "dp_stranger", "object": "dispute", "payment_intent": "pi_of_another_system"}
    assert post(shop, event("charge.dispute.created", stranger)) == 200
    drain(shop)
    assert line.sent == []
