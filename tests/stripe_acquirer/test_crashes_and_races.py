"""Florin dies around its requests to Stripe, or two hands act at once: money moves once or not at all."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from payments.acquirers import stripe_records
from payments.acquirers.stripe_requests import Requests
from payments.bank import Void
from tests.stripe_acquirer.conftest import Peer, Shop, at_stripe, sweep
from tests.stripe_acquirer.test_answers_that_are_lost import (
    CANCEL,
    CAPTURE,
    CONFIRM,
    CREATE,
    REFUND,
    RETRIEVE,
)
from tests.support.stripe_client import stripe_client
from tests.support.stripe_proxy import Answer, Pass, Proxy, Sent
from tests.support.unreliable import PowerCut

pytestmark = pytest.mark.slow


def dies(*_: Any, **__: Any) -> Any:
    raise PowerCut


def acts_and_dies(act: Callable[..., Any]) -> Callable[..., Any]:
    def acting(*arguments: Any, **options: Any) -> Any:
        act(*arguments, **options)
        raise PowerCut

    return acting


HUSKS = {
    "before an intent is made": [],
    "after an intent was made": ["requires_confirmation"],
    "before its id is written down": ["requires_confirmation"],
}


@pytest.mark.parametrize("where", HUSKS)
def test_a_crash_before_the_id_is_written_down_leaves_nothing_that_could_stand(
    shop: Shop, line: Proxy, peer: Peer, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    with monkeypatch.context() as broken:
        if where == "before an intent is made":
            broken.setattr(Requests, "make_intent", dies)
        elif where == "after an intent was made":
            broken.setattr(Requests, "make_intent", acts_and_dies(Requests.make_intent))
        else:
            broken.setattr(stripe_records, "bind", dies)
        with pytest.raises(PowerCut):
            shop.pay()
    assert shop.only_intent().status == "processing"
    asked = len(line.sent)
    assert sweep(shop.house) == 1
    assert len(line.sent) == asked  # the tombstone stands here: there is no id to ask Stripe about
    assert shop.only_intent().status == "requires_payment_method"
    assert [intent.status for intent in at_stripe(peer, shop.reference())] == HUSKS[where]
    assert shop.pay().status == "succeeded"


@pytest.mark.parametrize("where", ["before it is confirmed", "after it was confirmed"])
def test_a_crash_after_the_id_is_written_down_ends_in_the_truth(
    shop: Shop, peer: Peer, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    with monkeypatch.context() as broken:
        breaks = dies if where == "before it is confirmed" else acts_and_dies(Requests.confirm_intent)
        broken.setattr(Requests, "confirm_intent", breaks)
        with pytest.raises(PowerCut):
            shop.pay()
    assert sweep(shop.house) == 1
    (there,) = at_stripe(peer, shop.reference())
    here = shop.only_intent()
    expected = {
        "before it is confirmed": ("requires_payment_method", "canceled"),
        "after it was confirmed": ("succeeded", "succeeded"),
    }
    assert (here.status, there.status) == expected[where]


def test_a_payment_that_was_buried_while_its_intent_was_made_is_never_confirmed(
    shop: Shop, line: Proxy, peer: Peer
) -> None:
    def is_slow(_: Sent, pass_on: Pass) -> Answer:
        answer = pass_on()
        assert sweep(shop.house) == 1  # it has waited for longer than a request can last
        return answer

    line.expect(CREATE, is_slow)
    with pytest.raises((stripe.CardError, stripe.APIError)):
        shop.pay()
    assert CONFIRM not in line.whats()
    assert [intent.status for intent in at_stripe(peer, shop.reference())] == ["requires_confirmation"]
    assert shop.only_intent().status == "requires_payment_method"


def test_a_confirmation_that_comes_after_the_burial_at_stripe_is_told_the_truth(
    shop: Shop, line: Proxy, peer: Peer
) -> None:
    def is_slow(_: Sent, pass_on: Pass) -> Answer:
        assert sweep(shop.house) == 1  # looked up, found unconfirmed and canceled there
        return pass_on()

    line.expect(CONFIRM, is_slow)
    with pytest.raises((stripe.CardError, stripe.APIError)):
        shop.pay()
    assert line.whats() == [CREATE, CONFIRM, RETRIEVE, CANCEL, RETRIEVE]
    (there,) = at_stripe(peer, shop.reference())
    assert (there.status, there.latest_charge) == ("canceled", None)
    assert shop.only_intent().status == "requires_payment_method"


@pytest.mark.parametrize("verb", ["capture", "cancel", "refund"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_a_later_movement_is_made_up_for_once(
    shop: Shop, peer: Peer, monkeypatch: pytest.MonkeyPatch, verb: str, when: str
) -> None:
    intent = shop.pay(capture_method="automatic" if verb == "refund" else "manual")
    intents, refunds = shop.sdk.v1.payment_intents, shop.sdk.v1.refunds
    acts: dict[str, Callable[[], Any]] = {
        "capture": lambda: intents.capture(intent.id, {"amount_to_capture": 900}),
        "cancel": lambda: intents.cancel(intent.id),
        "refund": lambda: refunds.create({"payment_intent": intent.id, "amount": 900}),
    }
    request = {"capture": "capture", "cancel": "cancel", "refund": "make_refund"}[verb]
    with monkeypatch.context() as broken:
        breaks = dies if when == "before" else acts_and_dies(getattr(Requests, request))
        broken.setattr(Requests, request, breaks)
        with pytest.raises(PowerCut):
            acts[verb]()
    assert sweep(shop.house) == 1
    (there,) = at_stripe(peer, shop.reference())
    here = shop.intent(intent.id)
    assert (
        here.status == there.status == {"capture": "succeeded", "cancel": "canceled"}.get(verb, "succeeded")
    )
    assert here.amount_received == there.amount_received
    given = peer.sdk.v1.refunds.list({"payment_intent": there.id}).data
    assert [refund.amount for refund in given] == ([900] if verb == "refund" else [])
    assert [refund.status for refund in refunds.list().data] == (["succeeded"] if verb == "refund" else [])


def test_two_windows_that_pay_one_intent_at_once_confirm_one_at_stripe(
    shop: Shop, line: Proxy, peer: Peer
) -> None:
    intent = shop.sdk.v1.payment_intents.create({"amount": 2000, "currency": "usd"})
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def confirms() -> None:
        sdk = stripe_client(shop.house, shop.secret_key)
        together.wait()
        try:
            told = sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
            outcomes.append(told.status)
        except stripe.StripeError as error:
            outcomes.append(type(error).__name__)

    windows = [threading.Thread(target=confirms) for _ in range(2)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert outcomes.count("succeeded") == 1
    assert line.whats().count(CONFIRM) == 1
    assert [there.status for there in at_stripe(peer, shop.reference())] == ["succeeded"]


@pytest.mark.parametrize("what", [CAPTURE, CANCEL])
def test_two_sweeps_that_ask_again_at_once_move_money_once(
    shop: Shop, line: Proxy, peer: Peer, what: str
) -> None:
    intent = shop.pay(capture_method="manual")

    def both_at_once(_: Sent, pass_on: Pass) -> Answer:
        pass_on()
        return pass_on()  # the second hand's request finds it done

    line.expect(what, both_at_once)
    if what == CAPTURE:
        shop.sdk.v1.payment_intents.capture(intent.id, {"amount_to_capture": 900})
    else:
        shop.sdk.v1.payment_intents.cancel(intent.id)
    here, (there,) = shop.intent(intent.id), at_stripe(peer, shop.reference())
    assert here.status == there.status == ("succeeded" if what == CAPTURE else "canceled")
    assert here.amount_received == there.amount_received


def test_a_refund_sent_by_two_hands_at_once_is_given_once(shop: Shop, line: Proxy, peer: Peer) -> None:
    intent = shop.pay()

    def both_at_once(_: Sent, pass_on: Pass) -> Answer:
        pass_on()
        return pass_on()

    line.expect(REFUND, both_at_once)
    refund = shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 300})
    assert refund.status == "succeeded"
    (there,) = at_stripe(peer, shop.reference())
    assert [one.amount for one in peer.sdk.v1.refunds.list({"payment_intent": there.id}).data] == [300]


def test_a_reference_is_bound_once_whoever_comes_second(shop: Shop) -> None:
    with shop.house.app_context():
        assert stripe_records.bind("att_one", payment_intent_id="pi_one")
        assert stripe_records.bind("att_one", payment_intent_id="pi_one")
        assert not stripe_records.bind("att_one", payment_intent_id="pi_two")
        assert not stripe_records.bury("att_one")
        assert stripe_records.bury("att_two")
        assert stripe_records.bury("att_two")
        assert not stripe_records.bind("att_two", payment_intent_id="pi_two")
        assert stripe_records.find("att_one") == stripe_records.Known("att_one", "pi_one", None, buried=False)


def test_burying_and_binding_at_the_same_moment_leave_exactly_one_of_them(shop: Shop) -> None:
    for number in range(20):
        reference = f"{shop.account_id}_{number}"
        won: list[str] = []
        together = threading.Barrier(2)

        def binds(reference: str = reference, together: threading.Barrier = together) -> None:
            with shop.house.app_context():
                together.wait()
                if stripe_records.bind(reference, payment_intent_id=f"pi_{reference}"):
                    won.append("bound")  # noqa: B023 - both threads end within the round

        def buries(reference: str = reference, together: threading.Barrier = together) -> None:
            with shop.house.app_context():
                together.wait()
                if stripe_records.bury(reference):
                    won.append("buried")  # noqa: B023 - as above

        hands = [threading.Thread(target=binds), threading.Thread(target=buries)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        assert len(won) == 1


def test_a_void_after_the_capture_is_refused_and_says_so(shop: Shop, peer: Peer) -> None:
    shop.pay()
    with shop.house.app_context():
        answer = shop.acquirer().void(Void(shop.reference()))
    assert getattr(answer, "reason", None) == "already_captured"
    assert at_stripe(peer, shop.reference())[0].status == "succeeded"
