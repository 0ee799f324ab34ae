"""A notice is only a wake-up: whatever the order, however often, or never, the bank's truth is recorded."""

import threading
from dataclasses import replace

import pytest

from payments import notices
from payments.bank import Unknown, acquirers
from payments.cases import NoticePage, desks
from tests.disputes.support import SOON, PowerCut, Shop, UnreliableDesk, dies_after, lost_answer, of_subject
from tests.support.unreliable import Unreliable
from tests.support.unreliable import lost_answer as lost_authorization

pytestmark = pytest.mark.slow

WON = [
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
]


def escalated_and_lost(shop: Shop) -> str:
    """An inquiry that took its whole way at the bank before anybody told us; returns the bank's id."""
    intent = shop.pay("createDisputeInquiry")
    shop.advance(SOON)
    (dispute_id,) = shop.disputes_at_the_bank(intent)
    for text in ("escalate_inquiry_evidence", "losing_evidence"):
        evidence = {"reference": f"{dispute_id}_{text}", "evidence": {"uncategorized_text": text}}
        shop.call_the_bank("POST", f"/v1/disputes/{dispute_id}/evidence", evidence)
        shop.advance(SOON)
    return dispute_id


WHOLE_WAY = [
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.dispute.closed",
]


def test_who_looks_late_has_missed_nothing(shop: Shop) -> None:
    escalated_and_lost(shop)
    shop.follow()
    assert shop.event_types("charge.dispute.") == WHOLE_WAY
    shop.check_books()


def test_notices_out_of_order_and_doubled_lead_to_the_same_end(shop: Shop) -> None:
    dispute_id = escalated_and_lost(shop)
    notices_of_it = of_subject(shop.told(), dispute_id)
    assert len(notices_of_it) == 5
    for notice in [*reversed(notices_of_it), *notices_of_it]:
        assert shop.deliver(notice) == 200
        shop.drain()
    assert shop.event_types("charge.dispute.") == WHOLE_WAY
    shop.follow()
    assert shop.event_types("charge.dispute.") == WHOLE_WAY
    shop.check_books()


def test_a_notice_that_comes_again_after_the_end_changes_nothing(shop: Shop) -> None:
    dispute_id = escalated_and_lost(shop)
    shop.follow()
    movements = shop.movements()
    first = of_subject(shop.told(), dispute_id)[0]
    assert shop.deliver({**first, "id": first["id"] + "_again"}) == 200
    assert shop.drain() == 1
    assert shop.event_types("charge.dispute.") == WHOLE_WAY
    assert shop.movements() == movements


def test_two_notices_at_the_same_moment_are_recorded_once(shop: Shop) -> None:
    """Two workers fetch the same dispute and record at once; whoever comes second finds it done."""
    intent = shop.pay("createDispute")
    shop.advance(SOON)
    shop.catch_up()
    together = threading.Barrier(2, timeout=30)
    inner = desks["piggy_bank"]

    class Slow(UnreliableDesk):
        def dispute(self, dispute_id: str):  # type: ignore[no-untyped-def] # noqa: ANN202 - as the port's
            told = self.inner.dispute(dispute_id)
            if not together.broken:
                together.wait()
            return told

    desks["piggy_bank"] = Slow(inner)
    try:
        workers = [threading.Thread(target=shop.drain) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        together.abort()
        shop.drain()
    finally:
        desks["piggy_bank"] = inner
    assert len(shop.disputes(intent)) == 1
    assert shop.event_types("charge.dispute.") == WON[:2]
    shop.check_books()


def test_a_crash_between_fetch_and_record_loses_nothing(shop: Shop, desk: UnreliableDesk) -> None:
    intent = shop.pay("createDispute")
    shop.advance(SOON)
    shop.catch_up()
    desk.expect(dies_after)
    with pytest.raises(PowerCut):
        shop.drain()
    assert shop.disputes(intent) == []
    shop.drain()
    assert [dispute.status for dispute in shop.disputes(intent)] == ["needs_response"]
    assert shop.event_types("charge.dispute.") == WON[:2]
    shop.check_books()


def test_a_bank_that_gives_no_answer_is_asked_again(
    shop: Shop, desk: UnreliableDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "RETRY_SECONDS", (0, 0, 0))
    intent = shop.pay("createDispute")
    shop.advance(SOON)
    shop.catch_up()
    desk.expect(lost_answer)
    shop.drain()
    assert shop.disputes(intent) == []
    shop.drain()
    assert [dispute.status for dispute in shop.disputes(intent)] == ["needs_response"]


def test_a_list_of_notices_that_never_ends_holds_nobody_up(shop: Shop, desk: UnreliableDesk) -> None:
    """As where the answer to an earlier question comes again."""
    intent = shop.pay("createDispute")
    shop.advance(SOON)

    class Repeating(UnreliableDesk):
        def notices(self, after: int) -> NoticePage | Unknown:  # noqa: ARG002 - which is its fault
            page = self.inner.notices(0)
            return replace(page, has_more=True) if isinstance(page, NoticePage) else page

    desks["piggy_bank"] = Repeating(desk.inner)
    shop.catch_up()
    desks["piggy_bank"] = desk
    shop.follow()
    assert [dispute.status for dispute in shop.disputes(intent)] == ["needs_response"]


def test_a_dispute_of_somebody_else_is_nobodys_business(shop: Shop) -> None:
    """The bank serves other houses as well, and tells everybody everything."""
    number = "4000000000000259"
    card = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123", "holder_name": None}
    order = {"reference": f"theirs_{shop.account_id}", "merchant_id": "acct_theirs", "amount_minor": 500,
             "currency": "usd", "capture": True, "card": card, "billing_address": None,
             "initiator": "customer"}  # fmt: skip
    shop.call_the_bank("POST", "/v1/authorizations", order)
    shop.advance(SOON)
    shop.follow()
    assert shop.event_types() == []
    assert shop.drain() == 0


def test_a_dispute_of_a_payment_that_is_not_recorded_yet_waits_for_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to the authorisation was lost, and the dispute is quicker than the sweep."""
    monkeypatch.setattr(notices, "RETRY_SECONDS", (0,) * 8)
    line = Unreliable(acquirers["piggy_bank"], "piggy_bank")
    monkeypatch.setitem(acquirers, "piggy_bank", line)
    line.expect(lost_authorization)
    intent = shop.pay("createDispute")
    assert intent.status == "processing"
    shop.advance(SOON)
    shop.follow()
    assert shop.disputes(intent) == []
    shop.sweep()
    shop.drain()
    assert [dispute.status for dispute in shop.disputes(intent)] == ["needs_response"]
    shop.check_books()


def test_without_any_notice_reading_them_again_reaches_the_same_end(shop: Shop) -> None:
    dispute = shop.disputed()
    shop.submit(dispute.id, "winning_evidence")
    shop.advance(SOON)
    assert shop.catch_up() > 0
    assert shop.catch_up() == 0
    shop.drain()
    assert shop.event_types("charge.dispute.") == WON
    shop.check_books()


def test_what_came_as_a_notice_is_not_handled_again_when_all_are_read(
    shop: Shop, desk: UnreliableDesk
) -> None:
    shop.follow()
    intent = shop.pay("createDispute")
    shop.advance(SOON)
    for notice in shop.told()[-5:]:
        assert shop.deliver(notice) == 200
    shop.drain()
    assert len(shop.disputes(intent)) == 1
    asked = len(desk.asked)
    shop.follow()
    assert len(desk.asked) == asked
