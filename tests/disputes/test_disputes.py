"""Disputes as a merchant lives through them with the official SDK, and what they do to its money."""

import pytest
import stripe

from tests.disputes.support import DAY, SOON, Shop

pytestmark = pytest.mark.slow

CREATED = ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
FEE = 1500  # of a dispute, in cents


def charge_of(shop: Shop, dispute: stripe.Dispute) -> stripe.Charge:
    return shop.sdk.v1.charges.retrieve(str(dispute.charge))


@pytest.mark.parametrize(
    ("token", "reason", "code"),
    [
        ("createDispute", "fraudulent", "10.4"),
        ("createDisputeProductNotReceived", "product_not_received", "13.1"),
    ],
)
def test_a_dispute_takes_the_money_and_a_fee_at_once(shop: Shop, token: str, reason: str, code: str) -> None:
    dispute = shop.disputed(token)
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", reason, 2000)
    assert dispute.id.startswith("du_")
    assert not dispute.is_charge_refundable
    details = dispute.payment_method_details
    assert details is not None
    assert details.card is not None
    assert (details.card.case_type, details.card.network_reason_code) == ("chargeback", code)
    assert (details.card.brand, details.card.network) == ("visa", "visa")
    evidence = dispute.evidence_details
    assert (evidence.due_by or 0) % DAY == DAY - 1
    assert (evidence.has_evidence, evidence.past_due, evidence.submission_count) == (False, False, 0)
    (withdrawal,) = dispute.balance_transactions
    assert (withdrawal.type, withdrawal.amount, withdrawal.fee) == ("adjustment", -2000, FEE)
    assert (withdrawal.net, withdrawal.reporting_category, withdrawal.source) == (
        -3500,
        "dispute",
        dispute.id,
    )
    assert charge_of(shop, dispute).disputed
    assert shop.event_types("charge.dispute.") == CREATED
    shop.check_books()


def test_a_dispute_that_is_won_gives_back_the_money_and_the_fee(shop: Shop) -> None:
    dispute = shop.disputed()
    before = shop.balance()
    answered = shop.submit(dispute.id, "winning_evidence")
    assert answered.status == "under_review"
    assert answered.evidence_details.submission_count == 1
    assert answered.evidence.uncategorized_text == "winning_evidence"
    shop.advance(SOON)
    shop.follow()
    won = shop.dispute(dispute.id)
    assert (won.status, won.is_charge_refundable) == ("won", True)
    assert [(row.amount, row.fee, row.net) for row in won.balance_transactions] == [
        (-2000, FEE, -3500),
        (2000, -FEE, 3500),
    ]
    assert shop.balance() == before + 2000 + FEE
    assert charge_of(shop, won).disputed
    assert shop.event_types("charge.dispute.") == [
        *CREATED,
        "charge.dispute.updated",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]
    shop.check_books()


def test_events_show_the_dispute_as_it_stood_at_their_moment(shop: Shop) -> None:
    dispute = shop.disputed()
    shop.submit(dispute.id, "winning_evidence")
    shop.advance(SOON)
    shop.follow()
    shown = {}
    for event in shop.sdk.v1.events.list({"type": "charge.dispute.*", "limit": 100}).data:
        data = event.data.object
        shown[event.type] = (data["status"], len(data["balance_transactions"]))
    assert shown == {
        "charge.dispute.created": ("needs_response", 1),
        "charge.dispute.funds_withdrawn": ("needs_response", 1),
        "charge.dispute.updated": ("under_review", 1),
        "charge.dispute.funds_reinstated": ("won", 2),
        "charge.dispute.closed": ("won", 2),
    }


def test_a_dispute_that_is_lost_keeps_the_money(shop: Shop) -> None:
    dispute = shop.disputed()
    before = shop.balance()
    shop.submit(dispute.id, "losing_evidence")
    shop.advance(SOON)
    shop.follow()
    lost = shop.dispute(dispute.id)
    assert (lost.status, lost.is_charge_refundable) == ("lost", False)
    assert shop.balance() == before
    assert shop.event_types("charge.dispute.") == [
        *CREATED,
        "charge.dispute.updated",
        "charge.dispute.closed",
    ]
    shop.check_books()


def test_no_answer_until_the_deadline_loses(shop: Shop) -> None:
    dispute = shop.disputed()
    shop.advance(9 * DAY)
    shop.follow()
    assert shop.dispute(dispute.id).status == "lost"
    assert shop.event_types("charge.dispute.") == [*CREATED, "charge.dispute.closed"]
    shop.check_books()


def test_closing_a_dispute_loses_it(shop: Shop) -> None:
    dispute = shop.disputed()
    assert shop.sdk.v1.disputes.close(dispute.id).status == "lost"
    assert shop.event_types("charge.dispute.") == [*CREATED, "charge.dispute.closed"]
    shop.follow()
    assert shop.event_types("charge.dispute.") == [*CREATED, "charge.dispute.closed"]
    shop.check_books()


def test_an_ended_dispute_takes_no_more_evidence(shop: Shop) -> None:
    dispute = shop.disputed()
    shop.sdk.v1.disputes.close(dispute.id)
    with pytest.raises(stripe.InvalidRequestError, match="This dispute is already closed") as refused:
        shop.submit(dispute.id, "winning_evidence")
    assert refused.value.http_status == 400
    with pytest.raises(stripe.InvalidRequestError, match="This dispute is already closed"):
        shop.sdk.v1.disputes.close(dispute.id)
    shop.check_books()


def test_a_dispute_that_ended_at_the_bank_a_moment_ago_takes_no_evidence(shop: Shop) -> None:
    dispute = shop.disputed()
    shop.advance(9 * DAY)  # and no notice has come yet
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        shop.submit(dispute.id, "winning_evidence")
    assert shop.dispute(dispute.id).status == "needs_response"
    shop.follow()
    assert shop.dispute(dispute.id).status == "lost"
    shop.check_books()


def test_evidence_is_staged_until_it_is_submitted(shop: Shop) -> None:
    dispute = shop.disputed()
    staged = shop.submit(dispute.id, "winning_evidence", submit=False, metadata={"case": "17"})
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    assert staged.evidence_details.submission_count == 0
    assert staged.metadata["case"] == "17"
    more = shop.sdk.v1.disputes.update(dispute.id, {"evidence": {"customer_name": "Jenny"}, "submit": False})
    assert more.evidence.uncategorized_text == "winning_evidence"
    named = shop.sdk.v1.disputes.update(dispute.id, {"metadata": {"case": "18"}})
    assert (named.status, named.metadata["case"]) == ("needs_response", "18")
    assert shop.sdk.v1.disputes.update(dispute.id, {"submit": True}).status == "under_review"
    shop.advance(SOON)
    shop.follow()
    assert shop.dispute(dispute.id).status == "won"
    assert shop.event_types("charge.dispute.updated") == ["charge.dispute.updated"] * 4
    shop.check_books()


def test_there_is_nothing_to_submit_without_evidence(shop: Shop) -> None:
    dispute = shop.disputed()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.sdk.v1.disputes.update(dispute.id, {"submit": True})
    assert refused.value.param == "evidence"
    long = "x" * 20_001
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.submit(dispute.id, long)
    assert refused.value.param == "evidence[uncategorized_text]"


def test_further_evidence_may_follow_while_the_first_is_under_review(shop: Shop) -> None:
    dispute = shop.disputed()
    shop.submit(dispute.id, "The parcel was signed for.")
    shop.advance(DAY)
    shop.follow()
    again = shop.submit(dispute.id, "winning_evidence")
    assert (again.status, again.evidence_details.submission_count) == ("under_review", 2)
    shop.advance(SOON)
    shop.follow()
    assert shop.dispute(dispute.id).status == "won"
    shop.check_books()


def test_disputes_are_listed_by_charge_and_by_intent_and_expand_them(shop: Shop) -> None:
    one, other = shop.disputed(), shop.disputed()
    listed = shop.sdk.v1.disputes.list({"charge": str(one.charge), "expand": ["data.charge"]}).data
    assert [dispute.id for dispute in listed] == [one.id]
    assert isinstance(listed[0].charge, stripe.Charge)
    assert {dispute.id for dispute in shop.sdk.v1.disputes.list().data} == {one.id, other.id}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.sdk.v1.disputes.retrieve("du_unknown")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
