"""The line to Stripe breaks: nobody guesses, nothing is charged twice, and the end is the truth."""

import sqlite3
from typing import Any

import pytest
import stripe

from payments.bank import Void
from tests.stripe_acquirer.conftest import Peer, Shop, at_stripe, sweep
from tests.support.stripe_proxy import Answer, Pass, Proxy, Sent, lost_answer, lost_question, says

pytestmark = pytest.mark.slow

CREATE = "POST /v1/payment_intents"
CONFIRM = "POST /v1/payment_intents/:id/confirm"
RETRIEVE = "GET /v1/payment_intents/:id"
CAPTURE = "POST /v1/payment_intents/:id/capture"
CANCEL = "POST /v1/payment_intents/:id/cancel"
REFUND = "POST /v1/refunds"
BROKEN = says(500, {"error": {"type": "api_error", "message": "Something went wrong."}})
BUSY = says(503, b"<html>no backend</html>")


@pytest.mark.parametrize("breaks", [lost_answer, lost_question, BROKEN, BUSY])
def test_an_intent_whose_making_was_not_answered_is_asked_for_again_and_is_the_same(
    shop: Shop, line: Proxy, peer: Peer, breaks: Any
) -> None:
    line.expect(CREATE, breaks)
    assert shop.pay().status == "succeeded"
    assert line.whats() == [CREATE, CREATE, CONFIRM]
    first, second, _ = line.sent
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.body == second.body
    assert [there.status for there in at_stripe(peer, shop.reference())] == ["succeeded"]


@pytest.mark.parametrize("breaks", [lost_answer, lost_question, BROKEN])
def test_where_no_intent_could_be_made_the_payment_fails_and_nothing_is_confirmed(
    shop: Shop, line: Proxy, peer: Peer, breaks: Any
) -> None:
    line.expect(CREATE, breaks, breaks, breaks)
    with pytest.raises(stripe.CardError) as refused:
        shop.pay()
    assert refused.value.code == "processing_error"
    assert line.whats() == [CREATE, CREATE, CREATE]
    # At most a husk stands there, which nobody will ever confirm.
    assert [there.status for there in at_stripe(peer, shop.reference())] in ([], ["requires_confirmation"])
    assert shop.pay().status == "succeeded"


def test_a_payment_whose_approval_was_lost_stays_processing_until_it_is_looked_up(
    shop: Shop, line: Proxy, peer: Peer
) -> None:
    line.expect(CONFIRM, lost_answer)
    intent = shop.pay()
    assert (intent.status, intent.latest_charge) == ("processing", None)
    assert sweep(shop.house) == 1
    intent = shop.intent(intent.id)
    assert (intent.status, intent.amount_received) == ("succeeded", 2000)
    assert line.whats().count(CONFIRM) == 1
    assert [there.status for there in at_stripe(peer, shop.reference())] == ["succeeded"]
    events = shop.event_types()
    assert [events.count(name) for name in ("payment_intent.succeeded", "charge.succeeded")] == [1, 1]


def test_a_lost_decline_comes_to_light_with_its_codes(shop: Shop, line: Proxy) -> None:
    line.expect(CONFIRM, lost_answer)
    intent = shop.pay(payment_method="pm_card_visa_chargeDeclinedLostCard")
    assert intent.status == "processing"
    assert sweep(shop.house) == 1
    intent = shop.intent(intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.decline_code == "lost_card"


def test_a_confirmation_that_stripe_never_saw_is_buried_there_and_refused_when_it_comes_late(
    shop: Shop, line: Proxy, peer: Peer
) -> None:
    held: list[tuple[Sent, Pass]] = []

    def holds(sent: Sent, pass_on: Pass) -> None:
        held.append((sent, pass_on))

    line.expect(CONFIRM, holds)
    intent = shop.pay()
    assert intent.status == "processing"
    assert sweep(shop.house) == 1
    assert line.whats() == [CREATE, CONFIRM, RETRIEVE, CANCEL]
    assert shop.intent(intent.id).status == "requires_payment_method"
    ((_, pass_on),) = held
    assert pass_on().status == 400  # the packet turns up after all
    (there,) = at_stripe(peer, shop.reference())
    assert (there.status, there.latest_charge) == ("canceled", None)
    assert shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == (
        "succeeded"
    )


def test_an_approval_that_races_the_burial_stands(shop: Shop, line: Proxy, peer: Peer) -> None:
    held: list[Pass] = []
    line.expect(CONFIRM, lambda _, pass_on: held.append(pass_on))
    intent = shop.pay()

    def arrives_between(_: Sent, pass_on: Pass) -> Answer:
        answer = pass_on()
        held[0]()  # the confirmation arrives after the look-up, before the void
        return answer

    line.expect(RETRIEVE, arrives_between)
    assert sweep(shop.house) == 0
    assert shop.intent(intent.id).status == "processing"
    assert sweep(shop.house) == 1
    assert shop.intent(intent.id).status == "succeeded"
    assert [there.status for there in at_stripe(peer, shop.reference())] == ["succeeded"]


@pytest.mark.parametrize("breaks", [lost_answer, lost_question, BROKEN])
def test_while_stripe_is_away_nothing_is_decided(shop: Shop, line: Proxy, breaks: Any) -> None:
    line.expect(CONFIRM, lost_answer)
    intent = shop.pay()
    for _ in range(3):
        line.expect(RETRIEVE, breaks)
        assert sweep(shop.house) == 0
    assert shop.intent(intent.id).status == "processing"
    sweep(shop.house)
    assert shop.intent(intent.id).status == "succeeded"


@pytest.mark.parametrize("breaks", [lost_answer, lost_question, BROKEN])
def test_a_capture_without_an_answer_is_asked_again_and_taken_once(
    shop: Shop, line: Proxy, peer: Peer, breaks: Any
) -> None:
    intent = shop.pay(capture_method="manual")
    line.expect(CAPTURE, breaks)
    with pytest.raises(stripe.APIError):
        shop.sdk.v1.payment_intents.capture(intent.id, {"amount_to_capture": 700})
    assert sweep(shop.house) == 1
    assert (shop.intent(intent.id).status, shop.intent(intent.id).amount_received) == ("succeeded", 700)
    (there,) = at_stripe(peer, shop.reference())
    assert (there.status, there.amount_received) == ("succeeded", 700)


@pytest.mark.parametrize("breaks", [lost_answer, lost_question, BROKEN])
def test_a_void_without_an_answer_is_asked_again(shop: Shop, line: Proxy, peer: Peer, breaks: Any) -> None:
    intent = shop.pay(capture_method="manual")
    line.expect(CANCEL, breaks)
    with pytest.raises(stripe.APIError):
        shop.sdk.v1.payment_intents.cancel(intent.id)
    assert sweep(shop.house) == 1
    assert shop.intent(intent.id).status == "canceled"
    assert at_stripe(peer, shop.reference())[0].status == "canceled"


@pytest.mark.parametrize("breaks", [lost_answer, lost_question, BROKEN])
def test_a_refund_without_an_answer_is_asked_again_and_given_once(
    shop: Shop, line: Proxy, peer: Peer, breaks: Any
) -> None:
    intent = shop.pay()
    line.expect(REFUND, breaks)
    assert shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 500}).status == "pending"
    assert sweep(shop.house) == 1
    assert [refund.status for refund in shop.sdk.v1.refunds.list().data] == ["succeeded"]
    (there,) = at_stripe(peer, shop.reference())
    assert [refund.amount for refund in peer.sdk.v1.refunds.list({"payment_intent": there.id}).data] == [500]


def test_a_refund_is_found_again_after_stripe_has_forgotten_its_idempotency_key(
    shop: Shop, line: Proxy, peer: Peer
) -> None:
    intent = shop.pay()
    line.expect(REFUND, lost_answer)
    shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    with sqlite3.connect(peer.database_path, timeout=30) as books:  # a day later
        books.execute("DELETE FROM idempotency_keys")
    assert sweep(shop.house) == 1
    (there,) = at_stripe(peer, shop.reference())
    assert [refund.amount for refund in peer.sdk.v1.refunds.list({"payment_intent": there.id}).data] == [500]
    assert line.whats().count(REFUND) == 1


def test_a_refund_among_many_others_is_found(shop: Shop, line: Proxy, peer: Peer) -> None:
    intent = shop.pay()
    line.expect(REFUND, lost_answer)
    shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 7})
    for _ in range(22):  # more than a page of Stripe's list
        shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 1})
    with sqlite3.connect(peer.database_path, timeout=30) as books:
        books.execute("DELETE FROM idempotency_keys")
    assert sweep(shop.house) == 1
    (there,) = at_stripe(peer, shop.reference())
    amounts = [one.amount for one in peer.sdk.v1.refunds.list({"payment_intent": there.id, "limit": 99}).data]
    assert sorted(amounts) == [1] * 22 + [7]


def test_a_void_of_what_stripe_never_heard_of_leaves_a_tombstone_here(shop: Shop, line: Proxy) -> None:
    acquirer = shop.acquirer()
    with shop.house.app_context():
        assert type(acquirer.void(Void("att_of_a_crash"))).__name__ == "Done"
        assert type(acquirer.look_up("att_of_a_crash")).__name__ == "NotFound"
    assert line.sent == []
