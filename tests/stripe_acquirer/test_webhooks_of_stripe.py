"""What Stripe posts to us: only its own signature counts, each event once, and the truth is fetched."""

import json
import time
from typing import Any

import pytest
import stripe
from sqlalchemy import select

from kit.database import db
from payments import bank
from payments.audit import AuditRow
from payments.notices import BankNotice
from tests.stripe_acquirer.conftest import WEBHOOK_SECRET, Peer, Shop, at_stripe, sweep
from tests.stripe_acquirer.test_answers_that_are_lost import CONFIRM, RETRIEVE
from tests.support.stripe_proxy import Proxy, lost_answer, lost_question
from webhooks import bank_notices

pytestmark = pytest.mark.slow

numbers = iter(range(1_000_000))


def event(event_type: str, thing: dict[str, Any], event_id: str | None = None) -> dict[str, Any]:
    """An event as Stripe sends it."""
    return {
        "id": event_id or f"evt_{time.time_ns()}_{next(numbers)}",
        "object": "event",
        "api_version": stripe.api_version,
        "created": int(time.time()),
        "data": {"object": thing},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
    }


def post(shop: Shop, told: dict[str, Any] | bytes, **wrong: Any) -> int:
    """Post an event, signed as Stripe does unless the test has it wrong; return the status."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    secret, age = wrong.get("secret", WEBHOOK_SECRET), wrong.get("age_seconds", 0)
    signature = stripe.WebhookSignature.generate_signature_header(
        body.decode("latin-1"), secret, int(time.time()) - age
    )
    headers = {"Stripe-Signature": wrong.get("header", signature)}
    return shop.house.test_client().post("/webhooks/stripe", data=body, headers=headers).status_code


def drain(shop: Shop) -> int:
    with shop.house.app_context():
        return bank_notices.drain()


def kept(shop: Shop, event_id: str) -> list[BankNotice]:
    with shop.house.app_context():
        return list(db.session.scalars(select(BankNotice).where(BankNotice.id == f"stripe:{event_id}")))


@pytest.fixture
def unknown(shop: Shop, line: Proxy, peer: Peer) -> dict[str, Any]:
    """A payment whose approval was lost on the way; gives Stripe's intent."""
    line.expect(CONFIRM, lost_answer)
    assert shop.pay().status == "processing"
    (there,) = at_stripe(peer, shop.reference())
    found: dict[str, Any] = there.to_dict()
    return found


def test_an_event_wakes_florin_which_fetches_the_truth(
    shop: Shop, line: Proxy, unknown: dict[str, Any]
) -> None:
    lie = unknown | {"amount": 1, "amount_received": 1, "status": "canceled"}
    assert post(shop, event("payment_intent.succeeded", lie)) == 200
    assert line.whats()[-1] == CONFIRM  # nothing is asked while Stripe waits for our answer
    assert drain(shop) == 1
    assert line.whats()[-1] == RETRIEVE
    paid = shop.only_intent()
    assert (paid.status, paid.amount_received) == ("succeeded", 2000)


def test_a_repeated_event_changes_nothing(shop: Shop, line: Proxy, unknown: dict[str, Any]) -> None:
    told = event("payment_intent.succeeded", unknown)
    assert [post(shop, told) for _ in range(3)] == [200, 200, 200]
    assert drain(shop) == 1
    assert post(shop, told) == 200
    assert drain(shop) == 0
    assert line.whats().count(RETRIEVE) == 1
    assert shop.event_types().count("payment_intent.succeeded") == 1


def test_events_in_the_wrong_order_lead_to_the_same_end(
    shop: Shop, peer: Peer, unknown: dict[str, Any]
) -> None:
    earlier = unknown | {"status": "requires_payment_method", "amount_received": 0}
    for event_type, thing in (
        ("payment_intent.succeeded", unknown),
        ("payment_intent.processing", earlier | {"status": "processing"}),
        ("payment_intent.payment_failed", earlier),
        ("payment_intent.canceled", earlier | {"status": "canceled"}),
    ):
        assert post(shop, event(event_type, thing)) == 200
        drain(shop)
    assert shop.only_intent().status == "succeeded"
    assert at_stripe(peer, shop.reference())[0].status == "succeeded"
    events = shop.event_types()
    assert (events.count("payment_intent.succeeded"), events.count("payment_intent.payment_failed")) == (1, 0)


@pytest.mark.parametrize("first", ["the event", "the sweep"])
def test_the_event_and_the_sweep_settle_a_payment_once_whoever_comes_first(
    shop: Shop, unknown: dict[str, Any], first: str
) -> None:
    told = event("payment_intent.succeeded", unknown)
    if first == "the event":
        post(shop, told)
        drain(shop)
        sweep(shop.house)
    else:
        sweep(shop.house)
        post(shop, told)
        drain(shop)
    assert shop.only_intent().status == "succeeded"
    assert shop.event_types().count("charge.succeeded") == 1


def test_an_event_that_comes_after_the_void_changes_nothing(shop: Shop, peer: Peer) -> None:
    intent = shop.pay(capture_method="manual")
    held = at_stripe(peer, shop.reference())[0].to_dict()
    assert shop.sdk.v1.payment_intents.cancel(intent.id).status == "canceled"
    for event_type in ("payment_intent.amount_capturable_updated", "payment_intent.succeeded"):
        assert post(shop, event(event_type, held)) == 200
    drain(shop)
    assert shop.intent(intent.id).status == "canceled"
    assert at_stripe(peer, shop.reference())[0].status == "canceled"


def test_an_event_that_overtakes_the_answer_waits_for_it(shop: Shop, line: Proxy, peer: Peer) -> None:
    told: list[dict[str, Any]] = []

    def overtaken(_: Any, pass_on: Any) -> Any:
        answer = pass_on()
        there = at_stripe(peer, shop.reference())[0].to_dict()
        told.append(event("payment_intent.succeeded", there))
        assert post(shop, told[0]) == 200
        assert drain(shop) == 0  # the request that asked is to record its answer
        return answer

    line.expect(CONFIRM, overtaken)
    assert shop.pay().status == "succeeded"
    assert len(kept(shop, told[0]["id"])) == 1
    assert shop.event_types().count("payment_intent.succeeded") == 1


def test_while_stripe_does_not_tell_the_payment_stays_as_it_is(
    shop: Shop, line: Proxy, unknown: dict[str, Any]
) -> None:
    line.expect(RETRIEVE, lost_question)
    assert post(shop, event("payment_intent.succeeded", unknown)) == 200
    drain(shop)
    assert shop.only_intent().status == "processing"
    sweep(shop.house)
    assert shop.only_intent().status == "succeeded"


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "whsec_of_somebody_else"},
        {"age_seconds": 301},
        {"header": ""},
        {"header": "v1=0"},
        {"header": "t=soon,v1=0"},
        {"header": f"t={10**11},v1=ü"},
        {"header": "t=1,v1=,v1=,t=2"},
    ],
    ids=["another secret", "old", "unsigned", "no time", "no number", "no ascii", "nonsense"],
)
def test_what_stripe_has_not_signed_is_refused_and_wakes_nobody(
    shop: Shop, line: Proxy, unknown: dict[str, Any], wrong: dict[str, Any]
) -> None:
    told = event("payment_intent.succeeded", unknown)
    before = len(line.sent)
    assert post(shop, told, **wrong) == 400
    assert (kept(shop, told["id"]), drain(shop), len(line.sent)) == ([], 0, before)
    assert shop.only_intent().status == "processing"


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b'"evt"', b"{", b"\xff\xfe", b'{"object": "event"}', b"[" * 100_000,
     b'{"object": "event", "id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": []}}'],
    ids=["empty", "hash", "list", "null", "text", "broken", "no text", "nothing in it", "deep", "no object"],
)  # fmt: skip
def test_a_signed_body_that_is_no_event_is_refused(shop: Shop, body: bytes) -> None:
    assert post(shop, body) == 400


def test_a_body_that_is_too_long_is_refused_unread(shop: Shop) -> None:
    assert post(shop, b" " * (256 * 1024 + 1)) == 413


def test_an_event_about_nothing_of_ours_is_taken_and_leaves_one_audit_row(shop: Shop, line: Proxy) -> None:
    stranger = {"id": "pi_of_another_system", "object": "payment_intent", "metadata": {}}
    told = event("payment_intent.succeeded", stranger)
    assert [post(shop, told), post(shop, told)] == [200, 200]
    drain(shop)
    assert line.sent == []
    with shop.house.app_context():
        rows = db.session.scalars(select(AuditRow).where(AuditRow.object_id == "pi_of_another_system")).all()
        of_this = [row for row in rows if row.details["event"] == told["id"]]
        assert [(row.action, row.outcome, row.actor) for row in of_this] == [
            ("stripe.event", "unknown", "stripe")
        ]


def test_an_event_that_needs_nothing_done_is_taken_and_forgotten(shop: Shop) -> None:
    told = event("customer.created", {"id": "cus_1", "object": "customer"})
    assert post(shop, told) == 200
    assert kept(shop, told["id"]) == []


def test_another_systems_payment_that_carries_our_reference_is_only_looked_at(
    shop: Shop, line: Proxy, unknown: dict[str, Any]
) -> None:
    forged = {
        "id": "pi_of_another_system",
        "object": "payment_intent",
        "status": "canceled",
        "metadata": {"florin_reference": shop.reference()},
    }
    assert post(shop, event("payment_intent.canceled", forged)) == 200
    drain(shop)
    assert line.sent[-1].path.startswith(f"/v1/payment_intents/{unknown['id']}")
    assert shop.only_intent().status == "succeeded"


def test_the_look_up_of_what_was_never_bound_finds_nothing(shop: Shop) -> None:
    with shop.house.app_context():
        assert shop.acquirer().look_up("att_nobody") == bank.NotFound()
