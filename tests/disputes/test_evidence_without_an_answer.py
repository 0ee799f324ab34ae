"""A move in a dispute whose answer is lost: the dispute waits, and the move is carried out once."""

from typing import Any

import pytest
import stripe

from payments import notices
from tests.disputes.support import (
    SOON,
    PowerCut,
    Shop,
    UnreliableDesk,
    dies_after,
    dies_before,
    lost_answer,
    lost_question,
)

pytestmark = pytest.mark.slow


def taken_by_the_bank(shop: Shop, dispute: stripe.Dispute) -> int:
    """How many moves the bank's journal has for a dispute."""
    bank_id = shop.bank_dispute_id(dispute)
    authorization = shop.at_the_bank(f"/v1/disputes/{bank_id}")["authorization"]
    found, after = [], 0
    while page := shop.at_the_bank(f"/v1/journal?after={after}&limit=500")["data"]:
        found += page
        after = page[-1]["seq"]
    kinds = ("evidence", "dispute_close")
    return sum(row["authorization"] == authorization and row["kind"] in kinds for row in found)


@pytest.mark.parametrize("fault", [lost_answer, lost_question])
def test_evidence_without_an_answer_is_asked_again_and_counted_once(
    shop: Shop, desk: UnreliableDesk, fault: Any
) -> None:
    dispute = shop.disputed()
    desk.expect(fault)
    with pytest.raises(stripe.APIError):
        shop.submit(dispute.id, "winning_evidence")
    assert shop.dispute(dispute.id).status == "needs_response"
    with pytest.raises(stripe.StripeError) as locked:
        shop.submit(dispute.id, "losing_evidence")
    assert locked.value.http_status == 429
    shop.sweep()
    answered = shop.dispute(dispute.id)
    assert (answered.status, answered.evidence_details.submission_count) == ("under_review", 1)
    assert taken_by_the_bank(shop, dispute) == 1
    shop.advance(SOON)
    shop.follow()
    assert shop.dispute(dispute.id).status == "won"
    shop.check_books()


@pytest.mark.parametrize("crash", [dies_before, dies_after])
def test_a_crash_before_the_answer_is_recorded_is_made_good_by_the_sweep(
    shop: Shop, desk: UnreliableDesk, crash: Any
) -> None:
    dispute = shop.disputed()
    desk.expect(crash)
    with pytest.raises(PowerCut):
        shop.sdk.v1.disputes.close(dispute.id)
    assert shop.dispute(dispute.id).status == "needs_response"
    shop.sweep()
    assert shop.dispute(dispute.id).status == "lost"
    assert taken_by_the_bank(shop, dispute) == 1
    shop.follow()
    assert shop.event_types("charge.dispute.closed") == ["charge.dispute.closed"]
    shop.check_books()


def test_notices_wait_for_the_answer_to_our_own_move(
    shop: Shop, desk: UnreliableDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bank has decided before we know that it took the evidence at all."""
    monkeypatch.setattr(notices, "RETRY_SECONDS", (0,) * 8)
    dispute = shop.disputed()
    desk.expect(lost_answer)
    with pytest.raises(stripe.APIError):
        shop.submit(dispute.id, "winning_evidence")
    shop.advance(SOON)
    shop.follow()
    assert shop.dispute(dispute.id).status == "needs_response"
    shop.sweep()
    shop.drain()
    won = shop.dispute(dispute.id)
    assert (won.status, won.evidence_details.submission_count) == ("won", 1)
    assert shop.event_types("charge.dispute.") == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]
    shop.check_books()


def test_giving_in_follows_what_the_dispute_had_become_at_the_bank(shop: Shop) -> None:
    """An inquiry that has escalated unseen: giving in then loses the money, and no step is left out."""
    dispute = shop.disputed("createDisputeInquiry")
    shop.submit(dispute.id, "escalate_inquiry_evidence")
    shop.advance(SOON)
    assert shop.dispute(dispute.id).status == "warning_under_review"
    assert shop.sdk.v1.disputes.close(dispute.id).status == "lost"
    assert shop.event_types("charge.dispute.") == [
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
    ]
    shop.check_books()


def test_an_idempotency_key_gets_the_first_answer_again(shop: Shop) -> None:
    dispute = shop.disputed()
    given: Any = {"evidence": {"uncategorized_text": "winning_evidence"}}
    options: Any = {"idempotency_key": f"evidence-{dispute.id}"}
    first = shop.sdk.v1.disputes.update(dispute.id, given, options)
    shop.advance(SOON)
    shop.follow()
    again = shop.sdk.v1.disputes.update(dispute.id, given, options)
    assert (first.status, again.status) == ("under_review", "under_review")
    assert taken_by_the_bank(shop, dispute) == 1
