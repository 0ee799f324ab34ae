"""The same adapter against `localstripe`, a stand-in for Stripe that others wrote, as a process of its own.

What localstripe 1.15 can't do, so that no test here can ask it of anything:
- it knows the API as it was before `allowed_payment_method_types`, `return_url` and
  `error_on_requires_action`; the line in front of it leaves these out;
- it has no idempotency: a request that is sent twice is carried out twice, so the making of an intent that
  is repeated leaves two, and only the one that Florin has written down is confirmed;
- it knows three test tokens (visa, visa_chargeDeclined, chargeCustomerFail), has no checkout sessions, no
  3-D Secure page to redirect to, and its declines carry no network codes;
- it tells no authorisation code, no checks and no risk, and no `amount_received`: the line adds that from
  the charge, so only captures of the whole amount can be told (it keeps partial ones as refunds);
- of its three tokens only chargeCustomerFail is declined when it is charged.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
import requests
from flask import Flask

from kit import http
from kit.ids import new_id
from launcher.places import LOOPBACK
from payments import bank
from payments.acquirers.stripe_line import Line, client_of
from payments.acquirers.stripe_psp import StripeAcquirer
from payments.acquirers.stripe_requests import Requests
from payments.bank import Authorize, Capture, Refund, Void
from payments.charging.cards import CardDetails
from tests.stripe_acquirer.test_answers_that_are_lost import CANCEL, CAPTURE, CONFIRM, CREATE, REFUND
from tests.support.ports import free_port
from tests.support.processes import running
from tests.support.stripe_proxy import Answer, Proxy, Sent, lost_answer, lost_question, proxy

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("house", ["sqlite"], indirect=True)]

KEY = "sk_test_localstripe_takes_any"
UNKNOWN_TO_IT = ("allowed_payment_method_types", "return_url", "error_on_requires_action")
VISA, DECLINED = "4242424242424242", "4000000000000341"


def reworded(sent: Sent) -> Sent:
    """A request without the words that localstripe does not know."""
    fields = parse_qsl(sent.body.decode(), keep_blank_values=True)
    known = [(name, value) for name, value in fields if not name.startswith(UNKNOWN_TO_IT)]
    return Sent(sent.method, sent.path, urlencode(known).encode(), sent.headers)


def told_in_full(answer: Answer) -> Answer:
    """An answer with what localstripe leaves out of a payment intent."""
    told = json.loads(answer.body)
    if told.get("object") == "payment_intent":
        told["amount_received"] = told["amount"] if told["status"] == "succeeded" else 0
    return Answer(answer.status, json.dumps(told).encode())


@pytest.fixture(scope="module")
def localstripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A localstripe with nothing in it; gives its address."""
    folder: Path = tmp_path_factory.mktemp("localstripe")
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"

    def answers() -> bool:
        try:
            return requests.get(f"{url}/v1/events", auth=(KEY, ""), timeout=20).ok
        except requests.RequestException:
            return False

    command = [sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch"]
    with running("localstripe", command, log=folder / "localstripe.log", ready=answers):
        yield url


@pytest.fixture
def to_it(localstripe: str) -> Iterator[Proxy]:
    with proxy(localstripe) as line:
        line.rewrite, line.reword = reworded, told_in_full
        yield line


@pytest.fixture
def acquirer(house: Flask, to_it: Proxy) -> Iterator[StripeAcquirer]:
    line = Line(http.Client(), 20.0)
    adapter = StripeAcquirer("stripe", Requests(client_of(line, secret_key=KEY, api_base=to_it.url)), line)
    with house.app_context():
        yield adapter
    line.close()


def question(number: str = VISA, *, capture: bool = True) -> Authorize:
    card = CardDetails(number, 12, 2034, "123")
    return Authorize(new_id("att_"), 2000, "usd", capture, card, return_url="https://florin.example/back")


def intents(url: str, reference: str) -> list[dict[str, object]]:
    """Every intent of a reference at localstripe."""
    listed = requests.get(f"{url}/v1/payment_intents?limit=100", auth=(KEY, ""), timeout=20).json()["data"]
    return [intent for intent in listed if intent["metadata"].get("florin_reference") == reference]


def test_a_payment_is_authorised_captured_and_refunded(acquirer: StripeAcquirer, localstripe: str) -> None:
    asked = question(capture=False)
    held = acquirer.authorize(asked)
    assert isinstance(held, bank.Authorized)
    assert (held.amount_minor, held.currency, held.captured_minor) == (2000, "usd", 0)
    assert isinstance(acquirer.look_up(asked.reference), bank.Authorized)
    assert acquirer.capture(Capture("att_c", asked.reference, 2000)) == bank.Done()
    refund = Refund(new_id("att_"), asked.reference, 500)
    assert [acquirer.refund(refund), acquirer.refund(refund)] == [bank.Done(), bank.Done()]
    assert acquirer.void(Void(asked.reference)) == bank.Refused("already_captured")
    (there,) = intents(localstripe, asked.reference)
    given = requests.get(
        f"{localstripe}/v1/refunds?payment_intent={there['id']}", auth=(KEY, ""), timeout=5
    ).json()
    assert [refund["amount"] for refund in given["data"]] == [500]


def test_a_payment_is_taken_at_once(acquirer: StripeAcquirer) -> None:
    answer = acquirer.authorize(question())
    assert isinstance(answer, bank.Authorized)
    assert answer.captured_minor == 2000


def test_a_decline_is_one(acquirer: StripeAcquirer) -> None:
    asked = question(DECLINED)
    answer = acquirer.authorize(asked)
    assert isinstance(answer, bank.Declined)
    assert answer.code == "card_declined"
    assert isinstance(acquirer.look_up(asked.reference), bank.Declined)


@pytest.mark.parametrize(
    ("number", "means"),
    [(VISA, bank.Authorized), (DECLINED, bank.Authorized), ("4000000000000002", bank.Declined)],
    ids=["good", "attaches and is declined later", "declined"],
)
def test_a_card_is_verified_by_a_setup_intent_and_no_money_moves(
    acquirer: StripeAcquirer, to_it: Proxy, number: str, means: type[bank.Answer]
) -> None:
    asked = replace(question(number, capture=False), amount_minor=0)
    assert isinstance(acquirer.authorize(asked), means)
    assert [sent.what.partition("/seti")[0] for sent in to_it.sent] == [
        "POST /v1/setup_intents",
        "POST /v1/setup_intents",
    ]
    assert acquirer.look_up(asked.reference) == bank.NotFound()


def test_a_void_ends_an_authorisation(acquirer: StripeAcquirer, localstripe: str) -> None:
    asked = question(capture=False)
    assert isinstance(acquirer.authorize(asked), bank.Authorized)
    assert acquirer.void(Void(asked.reference)) == bank.Done()
    assert acquirer.void(Void(asked.reference)) == bank.Done()
    assert [there["status"] for there in intents(localstripe, asked.reference)] == ["canceled"]


def test_a_lost_confirmation_is_looked_up(acquirer: StripeAcquirer, to_it: Proxy) -> None:
    asked = question(capture=False)
    to_it.expect(CONFIRM, lost_answer)
    assert isinstance(acquirer.authorize(asked), bank.Unknown)
    assert isinstance(acquirer.look_up(asked.reference), bank.Authorized)


def test_a_confirmation_that_never_came_is_buried(
    acquirer: StripeAcquirer, to_it: Proxy, localstripe: str
) -> None:
    asked = question()
    to_it.expect(CONFIRM, lost_question)
    assert isinstance(acquirer.authorize(asked), bank.Unknown)
    assert acquirer.look_up(asked.reference) == bank.NotFound()
    assert acquirer.void(Void(asked.reference)) == bank.Done()
    assert [there["status"] for there in intents(localstripe, asked.reference)] == ["canceled"]


def test_of_two_intents_that_a_lost_answer_left_one_is_confirmed(
    acquirer: StripeAcquirer, to_it: Proxy, localstripe: str
) -> None:
    asked = question(capture=False)
    to_it.expect(CREATE, lost_answer)
    assert isinstance(acquirer.authorize(asked), bank.Authorized)
    statuses = sorted(str(there["status"]) for there in intents(localstripe, asked.reference))
    assert statuses == ["requires_capture", "requires_confirmation"]


@pytest.mark.parametrize("what", [CAPTURE, CANCEL, REFUND])
def test_a_movement_whose_answer_was_lost_is_asked_again_and_made_once(
    acquirer: StripeAcquirer, to_it: Proxy, localstripe: str, what: str
) -> None:
    asked = question(capture=False)
    assert isinstance(acquirer.authorize(asked), bank.Authorized)
    if what == REFUND:
        assert acquirer.capture(Capture("att_c", asked.reference, 2000)) == bank.Done()
    acts = {
        CAPTURE: lambda: acquirer.capture(Capture("att_c", asked.reference, 2000)),
        CANCEL: lambda: acquirer.void(Void(asked.reference)),
        REFUND: lambda: acquirer.refund(Refund(f"{asked.reference}_r", asked.reference, 700)),
    }
    to_it.expect(what, lost_answer)
    assert isinstance(acts[what](), bank.Unknown)
    assert acts[what]() == bank.Done()
    listed = requests.get(f"{localstripe}/v1/refunds?limit=100", auth=(KEY, ""), timeout=20).json()["data"]
    ours = [one for one in listed if f"{asked.reference}_r" in json.dumps(one["metadata"])]
    assert [one["amount"] for one in ours] == ([700] if what == REFUND else [])
