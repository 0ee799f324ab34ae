"""Each of Stripe's answers, as its error reference has them, means one thing here; none is guessed at."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from kit.ids import new_id
from payments import bank
from payments.acquirers.stripe_line import client_of
from payments.acquirers.stripe_psp import StripeAcquirer
from payments.bank import Authorize, Capture, Declined, Refund, Unavailable, Unknown, Void
from payments.charging.cards import CardDetails
from tests.stripe_acquirer.conftest import PEER_KEY, Peer, Shop
from tests.stripe_acquirer.recorded import CARD_ERRORS, LOOKED_AT, NOBODY_KNOWS, NOTHING_DONE, Recorded
from tests.stripe_acquirer.test_answers_that_are_lost import (
    CANCEL,
    CAPTURE,
    CONFIRM,
    CREATE,
    REFUND,
    RETRIEVE,
)
from tests.support.stripe_proxy import Pass, Proxy, Sent, says

# What an answer means is the same on both databases.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("house", ["sqlite"], indirect=True)]

VISA = CardDetails("4242424242424242", 12, 2034, "123")


def question(**overrides: Any) -> Authorize:
    asked: dict[str, Any] = {
        "reference": new_id("att_"), "amount_minor": 2000, "currency": "usd", "capture": True, "card": VISA,
    }  # fmt: skip
    return Authorize(**(asked | overrides))


def name(recorded: Recorded) -> str:
    return recorded.name


@pytest.mark.parametrize("recorded", [*CARD_ERRORS, *NOTHING_DONE, *LOOKED_AT, *NOBODY_KNOWS], ids=name)
def test_an_answer_to_a_confirmation_means_what_the_reference_says(
    shop: Shop, line: Proxy, caplog: pytest.LogCaptureFixture, recorded: Recorded
) -> None:
    line.expect(CONFIRM, says(recorded.status, recorded.body))
    with shop.house.app_context():
        answer = shop.acquirer().authorize(question())
    assert type(answer) is recorded.means
    if isinstance(answer, Declined):
        assert (answer.code, answer.decline_code) == (recorded.code, recorded.decline_code)
        assert (answer.network_decline_code, answer.advice_code) == (
            recorded.network_decline_code,
            recorded.advice_code,
        )
    assert [sent.method for sent in line.sent[2:]] == list(recorded.asks_again)
    if isinstance(answer, Unavailable | Unknown):
        # Stripe's sentences may quote what we sent: a key, a number.
        assert "API Key provided" not in answer.reason
        assert len(answer.reason) <= 200
    ours = [record.getMessage() for record in caplog.records if record.name == "florin.stripe"]
    assert not any("API Key provided" in message or PEER_KEY in message for message in ours)


def test_a_decline_tells_what_the_network_told_of_the_card(shop: Shop, line: Proxy) -> None:
    line.expect(CONFIRM, says(402, CARD_ERRORS[0].body))
    with shop.house.app_context():
        answer = shop.acquirer().authorize(question())
    assert isinstance(answer, Declined)
    assert (answer.facts.country, answer.facts.funding, answer.facts.cvc_check) == ("US", "credit", "fail")


@pytest.mark.parametrize("recorded", [*NOTHING_DONE, *NOBODY_KNOWS], ids=name)
@pytest.mark.parametrize("verb", ["capture", "refund", "void", "look_up"])
def test_a_movement_without_a_clear_answer_stays_unknown_and_can_be_asked_again(
    shop: Shop, line: Proxy, recorded: Recorded, verb: str
) -> None:
    acquirer = shop.acquirer()
    asked = question(capture=verb == "refund")
    acts: dict[str, tuple[str, Callable[[], bank.Answer]]] = {
        "capture": (
            CAPTURE,
            lambda: acquirer.capture(Capture("att_c" + asked.reference, asked.reference, 700)),
        ),
        "refund": (REFUND, lambda: acquirer.refund(Refund("att_r" + asked.reference, asked.reference, 700))),
        "void": (CANCEL, lambda: acquirer.void(Void(asked.reference))),
        "look_up": (RETRIEVE, lambda: acquirer.look_up(asked.reference)),
    }
    request, act = acts[verb]
    if recorded.name == "rate_limit of old" and verb != "look_up":
        recorded = Recorded("rate_limit", 429, recorded.error, recorded.means)
    with shop.house.app_context():
        assert isinstance(acquirer.authorize(asked), bank.Authorized)
        line.expect(request, says(recorded.status, recorded.body))
        assert isinstance(act(), Unknown)
        assert isinstance(act(), bank.Authorized if verb == "look_up" else bank.Done)


def test_a_refused_refund_and_capture_say_why(shop: Shop, peer: Peer) -> None:  # noqa: ARG001 - it answers
    acquirer = shop.acquirer()
    asked = question(capture=False)
    with shop.house.app_context():
        assert isinstance(acquirer.authorize(asked), bank.Authorized)
        more = acquirer.capture(Capture("att_more" + asked.reference, asked.reference, 2001))
        assert more == bank.Refused("amount_too_large")
        assert acquirer.capture(Capture("att_c" + asked.reference, asked.reference, 1500)) == bank.Done()
        again = acquirer.capture(Capture("att_d" + asked.reference, asked.reference, 400))
        assert again == bank.Refused("already_captured")
        more = acquirer.refund(Refund("att_r" + asked.reference, asked.reference, 1501))
        assert more == bank.Refused("amount_too_large")


def test_movements_of_what_stripe_never_heard_of_are_refused_without_asking(shop: Shop, line: Proxy) -> None:
    acquirer = shop.acquirer()
    with shop.house.app_context():
        assert acquirer.capture(Capture("att_c", "att_never", 1)) == bank.Refused("not_authorized")
        assert acquirer.refund(Refund("att_r", "att_never", 1)) == bank.Refused("not_captured")
    assert line.sent == []


def test_all_requests_of_one_question_share_one_deadline(shop: Shop, line: Proxy) -> None:
    acquirer: StripeAcquirer = shop.acquirer()
    hurried = type(acquirer.line)(acquirer.line._client, 2.0)
    requests = type(acquirer.requests)(_with_line(acquirer, hurried))

    def dawdles(_: Sent, pass_on: Pass) -> None:
        pass_on()
        time.sleep(10)

    line.expect(CREATE, dawdles, dawdles, dawdles)
    began = time.perf_counter()
    with shop.house.app_context():
        answer = StripeAcquirer("stripe", requests, hurried).authorize(question())
    assert isinstance(answer, Unavailable)
    assert time.perf_counter() - began < 5.5  # three requests of two seconds each would take longer
    assert CONFIRM not in line.whats()


def _with_line(acquirer: StripeAcquirer, line: Any) -> Any:
    base = acquirer.requests.client._requestor.base_addresses["api"]
    return client_of(line, secret_key=PEER_KEY, api_base=str(base))


def test_an_address_that_refuses_the_connection_leaves_the_acquirer_unavailable(shop: Shop) -> None:
    acquirer = shop.acquirer()
    client = client_of(acquirer.line, secret_key=PEER_KEY, api_base="http://127.0.0.1:1")
    nowhere = StripeAcquirer("stripe", type(acquirer.requests)(client), acquirer.line)
    with shop.house.app_context():
        answer = nowhere.authorize(question())
    assert isinstance(answer, Unavailable)
    assert answer.reason.startswith("refused")
