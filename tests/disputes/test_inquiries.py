"""Inquiries: no money moves, the charge stays refundable, and some escalate to disputes."""

import pytest

from tests.disputes.support import DAY, SOON, Shop

pytestmark = pytest.mark.slow


def test_an_inquiry_takes_no_money_and_leaves_the_charge_refundable(shop: Shop) -> None:
    dispute = shop.disputed("createDisputeInquiry")
    assert (dispute.status, dispute.is_charge_refundable) == ("warning_needs_response", True)
    assert dispute.balance_transactions == []
    assert dispute.payment_method_details is not None
    assert dispute.payment_method_details.card is not None
    assert dispute.payment_method_details.card.case_type == "inquiry"
    assert shop.event_types("charge.dispute.") == ["charge.dispute.created"]
    assert shop.submit(dispute.id, "winning_evidence").status == "warning_under_review"
    shop.advance(SOON)
    shop.follow()
    assert shop.dispute(dispute.id).status == "warning_closed"
    assert shop.event_types("charge.dispute.") == [
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
    ]
    assert [kind for kind, _, _ in shop.movements()] == ["charge"]
    shop.check_books()


@pytest.mark.parametrize("closes", [True, False])
def test_an_inquiry_without_an_answer_is_closed(shop: Shop, closes: bool) -> None:
    dispute = shop.disputed("createDisputeInquiry")
    if closes:
        assert shop.sdk.v1.disputes.close(dispute.id).status == "warning_closed"
    else:
        shop.advance(9 * DAY)
        shop.follow()
        assert shop.dispute(dispute.id).status == "warning_closed"
    shop.check_books()


def test_an_inquiry_may_escalate_to_a_dispute(shop: Shop) -> None:
    dispute = shop.disputed("createDisputeInquiry")
    shop.submit(dispute.id, "escalate_inquiry_evidence")
    shop.advance(SOON)
    shop.follow()
    escalated = shop.dispute(dispute.id)
    assert (escalated.status, escalated.is_charge_refundable) == ("needs_response", False)
    assert len(escalated.balance_transactions) == 1
    shop.submit(dispute.id, "losing_evidence")
    shop.advance(SOON)
    shop.follow()
    assert shop.dispute(dispute.id).status == "lost"
    assert shop.event_types("charge.dispute.") == [
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.closed",
    ]
    shop.check_books()


def test_an_inquiry_escalates_over_what_was_not_refunded_meanwhile(shop: Shop) -> None:
    dispute = shop.disputed("createDisputeInquiry")
    assert shop.sdk.v1.refunds.create({"charge": str(dispute.charge), "amount": 500}).status == "succeeded"
    shop.submit(dispute.id, "escalate_inquiry_evidence")
    shop.advance(SOON)
    shop.follow()
    escalated = shop.dispute(dispute.id)
    assert (escalated.status, escalated.amount) == ("needs_response", 1500)
    assert escalated.balance_transactions[0].amount == -1500
    shop.check_books()
