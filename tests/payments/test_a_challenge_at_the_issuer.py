"""3-D Secure through the API: the customer is sent to the issuer, comes back, and the truth is recorded."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import stripe
import time_machine

from kit import database
from payments import notices
from payments.bank import Authorize, Unknown, Void
from payments.charging.attempts import Attempt, State
from tests.payments.conftest import Shop, sweep
from tests.support.cardholder import Cardholder
from tests.support.unreliable import Unreliable, lost_answer, says, through

pytestmark = pytest.mark.slow

SHOP = "https://shop.example/done?order=6735"
CHALLENGED = "pm_card_authenticationRequired"
DISTANT_SECONDS = 40 * 60


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    """A clock that the test moves forward from now, which is the bank's time, too."""
    with time_machine.travel(time.time(), tick=True) as traveller:
        yield traveller


def challenged(shop: Shop, token: str = CHALLENGED, **more: Any) -> tuple[stripe.PaymentIntent, Cardholder]:
    """A payment that is left to its customer."""
    intent = shop.pay(payment_method=token, return_url=SHOP, **more)
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.return_url == SHOP
    return intent, Cardholder(str(intent.next_action.redirect_to_url.url))


def come_back(shop: Shop, address: str) -> Any:
    """Follow the way back, and again where the bank was too busy to tell how the payment stands."""
    deadline = time.monotonic() + 30
    while True:
        response = shop.house.test_client().get(address)
        if "redirect_status=pending" not in response.headers.get("Location", ""):
            return response
        assert time.monotonic() < deadline, "the bank never told how the payment stands"


def told(location: str) -> dict[str, str]:
    """What the merchant's own page learns from its query."""
    assert location.startswith(SHOP)
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def advance_the_banks_clock(shop: Shop, seconds: int) -> None:
    headers = {"Authorization": f"Bearer {shop.bank.secret}"}
    moved = requests.post(
        f"{shop.bank.url}/v1/clock", json={"advance_seconds": seconds}, headers=headers, timeout=20
    )
    assert moved.status_code == 200, moved.text


def test_a_customer_who_confirms_has_paid(shop: Shop) -> None:
    intent, holder = challenged(shop)
    response = come_back(shop, holder.enters_the_code())
    assert response.status_code == 303
    assert told(response.headers["Location"]) == {
        "order": "6735",
        "payment_intent": intent.id,
        "payment_intent_client_secret": str(intent.client_secret),
        "redirect_status": "succeeded",
    }
    paid = shop.sdk.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.amount_received, paid.next_action) == ("succeeded", 2000, None)
    assert isinstance(paid.latest_charge, stripe.Charge)
    assert paid.latest_charge.payment_method_details is not None
    assert paid.latest_charge.payment_method_details.card is not None
    secure = paid.latest_charge.payment_method_details.card.three_d_secure
    assert secure is not None
    assert (secure.result, secure.authentication_flow, secure.version) == (
        "authenticated",
        "challenge",
        "2.2.0",
    )
    assert secure.electronic_commerce_indicator == "05"
    assert shop.event_types() == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    shop.check_books()


def test_money_that_is_taken_later_is_held_once_the_customer_has_confirmed(shop: Shop) -> None:
    intent, holder = challenged(shop, capture_method="manual")
    come_back(shop, holder.enters_the_code())
    assert shop.intent(intent.id).status == "requires_capture"
    assert shop.sdk.v1.payment_intents.capture(intent.id).status == "succeeded"
    shop.check_books()


@pytest.mark.parametrize("way", ["wrong", "cancel"])
def test_a_customer_who_does_not_confirm_has_not_paid(shop: Shop, way: str) -> None:
    intent, holder = challenged(shop)
    if way == "wrong":
        holder.open()
        for _ in range(3):
            holder.send(code="000000")
        address = holder.back
    else:
        address = holder.cancels()
    response = come_back(shop, address)
    assert told(response.headers["Location"])["redirect_status"] == "failed"
    failed = shop.intent(intent.id)
    assert (failed.status, failed.latest_charge, failed.next_action) == (
        "requires_payment_method",
        None,
        None,
    )
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert failed.last_payment_error.payment_method is not None
    assert shop.event_types()[-1] == "payment_intent.payment_failed"
    assert shop.sdk.v1.charges.list().data == []
    again = shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert again.status == "succeeded"
    shop.check_books()


@pytest.mark.parametrize(
    ("token", "decline_code"),
    [
        ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_threeDSecureRequiredChargeDeclined", "generic_decline"),
    ],
)
def test_some_cards_are_confirmed_and_declined(shop: Shop, token: str, decline_code: str) -> None:
    intent, holder = challenged(shop, token)
    response = come_back(shop, holder.enters_the_code())
    assert told(response.headers["Location"])["redirect_status"] == "failed"
    error = shop.intent(intent.id).last_payment_error
    assert error is not None
    assert (error.code, error.decline_code) == ("card_declined", decline_code)
    (charge,) = shop.sdk.v1.charges.list().data
    assert (charge.status, charge.failure_code) == ("failed", "card_declined")
    shop.check_books()


def test_a_lookup_that_fails_is_a_decline_at_once(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as refused:
        shop.pay(payment_method="pm_card_threeDSecureRequiredProcessingError", return_url=SHOP)
    assert refused.value.error is not None
    assert (refused.value.code, refused.value.error.decline_code) == ("card_declined", "processing_error")


def test_the_bank_brings_the_end_where_the_customer_does_not(shop: Shop) -> None:
    intent, holder = challenged(shop)
    holder.enters_the_code()
    (attempt,) = shop.attempts()
    with shop.house.app_context():
        notices.HANDLERS["authorization.updated"]("cuckoo_bank", attempt.id)  # no payment of that bank's
        notices.HANDLERS["authorization.updated"](attempt.acquirer, "att_nobodys")
    assert shop.intent(intent.id).status == "requires_action"
    assert settled_by_notice(shop, attempt.id) == "succeeded"
    assert settled_by_notice(shop, attempt.id) == "succeeded"
    assert come_back(shop, holder.back).status_code == 303
    assert shop.event_types().count("payment_intent.succeeded") == 1
    shop.check_books()


def settled_by_notice(shop: Shop, attempt_id: str) -> str:
    with shop.house.app_context():
        attempt = database.db.session.get(Attempt, attempt_id)
        assert attempt is not None
        notices.HANDLERS["authorization.updated"](attempt.acquirer, attempt_id)
        database.commit()
        status = attempt.status
        database.rollback()
    return status


def test_a_challenge_that_the_bank_calls_dead_ends_by_the_sweep(
    shop: Shop, later: time_machine.Traveller
) -> None:
    intent, holder = challenged(shop)
    holder.open()
    sweep(shop.house)
    assert shop.intent(intent.id).status == "requires_action"
    advance_the_banks_clock(shop, 601)
    sweep(shop.house)  # not due so soon
    assert shop.intent(intent.id).status == "requires_action"
    later.shift(31)
    assert sweep(shop.house) == 1
    error = shop.intent(intent.id).last_payment_error
    assert error is not None
    assert error.code == "payment_intent_authentication_failure"
    assert told(come_back(shop, _ended(holder)).headers["Location"])["redirect_status"] == "failed"
    shop.check_books()


def _ended(holder: Cardholder) -> str:
    holder.open()
    assert holder.state == "timed_out"
    return holder.back


def test_an_open_challenge_is_looked_at_ever_more_rarely(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    challenged(shop)
    (attempt,) = shop.attempts()
    looks = []
    for _ in range(60):
        later.shift(30)
        sweep(shop.house)
        looks.append(line.asked.count(attempt.id))
    assert looks[0] == 1
    assert 5 <= looks[-1] <= 20
    assert shop.attempts()[0].status == State.CHALLENGED


def test_coming_back_again_changes_nothing(shop: Shop, line: Unreliable) -> None:
    intent, holder = challenged(shop)
    address = holder.enters_the_code()
    locations = {come_back(shop, address).headers["Location"] for _ in range(3)}
    assert len(locations) == 1
    assert line.asked.count(shop.attempts()[0].id) == 1
    assert shop.event_types().count("payment_intent.succeeded") == 1
    assert shop.intent(intent.id).amount_received == 2000
    shop.check_books()


def test_a_return_cannot_be_moved_to_another_payment(shop: Shop, line: Unreliable) -> None:
    mine, holder = challenged(shop)
    other, _ = challenged(shop)
    query = urlsplit(holder.enters_the_code()).query
    first, second = shop.attempts()
    moved = come_back(shop, f"/c/return/{second.id}?{query}")
    assert moved.status_code == 400
    assert "belongs to another payment" in moved.text
    assert "You have not been charged" in moved.text
    assert 'id="continue"' not in moved.text
    assert second.id not in line.asked
    assert [shop.intent(intent.id).status for intent in (mine, other)] == ["requires_action"] * 2
    assert come_back(shop, f"/c/return/{first.id}?{query}").status_code == 303


@pytest.mark.parametrize(
    "damage",
    [lambda _: "", lambda token: token[:-2], lambda _: "é" * 9, str.swapcase, lambda _: "x" * 9000],
    ids=["missing", "cut", "foreign", "changed", "long"],
)
def test_a_damaged_return_shows_the_truth_and_changes_nothing(
    shop: Shop, line: Unreliable, damage: Callable[[str], str]
) -> None:
    intent, holder = challenged(shop)
    address = urlsplit(holder.enters_the_code())
    (token,) = parse_qs(address.query)["token"]
    response = shop.house.test_client().get(address.path, query_string={"token": damage(token)})
    assert response.status_code == 400
    assert "Not confirmed yet" in response.text
    assert shop.attempts()[0].id not in line.asked
    assert shop.intent(intent.id).status == "requires_action"
    come_back(shop, holder.back)
    response = shop.house.test_client().get(address.path, query_string={"token": damage(token)})
    assert response.status_code == 400
    assert "Payment received" in response.text
    assert str(intent.client_secret) not in response.text


def test_an_old_return_shows_the_truth_and_the_way_on(shop: Shop) -> None:
    intent, holder = challenged(shop)
    address = holder.enters_the_code()
    with time_machine.travel(time.time() + DISTANT_SECONDS):
        response = come_back(shop, address)
    assert response.status_code == 400
    assert "too old" in response.text
    assert 'id="continue"' in response.text
    assert shop.intent(intent.id).status == "requires_action"


@pytest.mark.parametrize(
    "path", ["/c/return/att_x", "/c/return/x", "/c/return/att_%00", "/c/return/" + "a" * 900]
)
def test_a_return_to_no_payment_is_told_so(shop: Shop, path: str) -> None:
    response = come_back(shop, path)
    assert response.status_code == 404
    assert "cannot find this payment" in response.text


def test_a_customer_without_a_shop_to_return_to_reads_the_truth(shop: Shop) -> None:
    intent = shop.pay(payment_method=CHALLENGED)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.return_url is None
    response = come_back(shop, Cardholder(str(intent.next_action.redirect_to_url.url)).enters_the_code())
    assert response.status_code == 200
    assert "Payment received" in response.text


def test_an_answer_that_is_lost_on_the_way_back_is_found_later(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    intent, holder = challenged(shop)
    line.expect(says(Unknown("timeout")))
    response = shop.house.test_client().get(holder.enters_the_code())
    assert told(response.headers["Location"])["redirect_status"] == "pending"
    later.shift(31)
    sweep(shop.house)
    assert shop.intent(intent.id).status == "succeeded"
    shop.check_books()


def test_canceling_takes_the_challenge_back_first(shop: Shop, line: Unreliable) -> None:
    intent, holder = challenged(shop)
    holder.open()
    canceled = shop.sdk.v1.payment_intents.cancel(intent.id)
    assert (canceled.status, canceled.next_action) == ("canceled", None)
    assert any(isinstance(question, Void) for question in line.asked)
    holder.send(code="424242")
    assert holder.state == "withdrawn"
    assert told(come_back(shop, holder.back).headers["Location"])["redirect_status"] == "failed"
    assert shop.sdk.v1.charges.list().data == []
    shop.check_books()


def test_what_was_confirmed_meanwhile_is_paid_and_can_no_longer_be_canceled(shop: Shop) -> None:
    intent, holder = challenged(shop)
    holder.enters_the_code()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.sdk.v1.payment_intents.cancel(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert shop.intent(intent.id).status == "succeeded"
    assert shop.event_types()[-1] == "payment_intent.succeeded"
    shop.check_books()


def test_a_cancellation_without_an_answer_leaves_everything_as_it_was(shop: Shop, line: Unreliable) -> None:
    intent, holder = challenged(shop)
    line.expect(says(Unknown("timeout")))
    with pytest.raises(stripe.APIError):
        shop.sdk.v1.payment_intents.cancel(intent.id)
    assert shop.intent(intent.id).status == "requires_action"
    come_back(shop, holder.enters_the_code())
    assert shop.intent(intent.id).status == "succeeded"
    shop.check_books()


def test_a_void_whose_answer_was_lost_ends_unpaid(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    intent, _ = challenged(shop)
    line.expect(lost_answer)
    with pytest.raises(stripe.APIError):
        shop.sdk.v1.payment_intents.cancel(intent.id)
    later.shift(31)
    assert sweep(shop.house) == 1
    assert shop.intent(intent.id).status == "requires_payment_method"
    assert shop.sdk.v1.payment_intents.cancel(intent.id).status == "canceled"


def test_another_card_takes_the_challenge_back_first(shop: Shop, line: Unreliable) -> None:
    intent, holder = challenged(shop)
    holder.open()
    paid = shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.amount_received) == ("succeeded", 2000)
    kinds = [type(question) for question in line.asked]
    assert kinds == [Authorize, Void, Authorize]
    holder.send(code="424242")
    assert holder.state == "withdrawn"
    assert shop.event_types().count("payment_intent.succeeded") == 1
    shop.check_books()


def test_a_challenge_may_follow_a_challenge(shop: Shop) -> None:
    intent, first = challenged(shop)
    again = shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": CHALLENGED, "return_url": SHOP})
    assert again.next_action is not None
    assert again.next_action.redirect_to_url is not None
    second = Cardholder(str(again.next_action.redirect_to_url.url))
    assert second.url != first.url
    come_back(shop, second.enters_the_code())
    first.open()
    assert first.state == "withdrawn"
    assert shop.intent(intent.id).status == "succeeded"
    shop.check_books()


def test_another_method_may_be_chosen_instead_of_a_challenge(shop: Shop) -> None:
    intent, holder = challenged(shop)
    chosen = shop.sdk.v1.payment_intents.update(intent.id, {"payment_method": "pm_card_visa"})
    assert (chosen.status, chosen.next_action) == ("requires_confirmation", None)
    holder.open()
    assert holder.state == "withdrawn"
    assert shop.sdk.v1.payment_intents.confirm(intent.id).status == "succeeded"
    shop.check_books()


def test_what_the_customer_was_shown_does_not_change_under_their_hands(shop: Shop) -> None:
    intent, holder = challenged(shop)
    for change in ({"amount": 100}, {"currency": "eur"}):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.sdk.v1.payment_intents.update(intent.id, change)  # type: ignore[arg-type]
        assert refused.value.code == "payment_intent_unexpected_state"
    noted = shop.sdk.v1.payment_intents.update(intent.id, {"metadata": {"order": "6735"}})
    assert (noted.status, noted.metadata["order"]) == ("requires_action", "6735")
    come_back(shop, holder.enters_the_code())
    assert shop.intent(intent.id).metadata["order"] == "6735"
    shop.check_books()


def test_a_customer_who_is_not_there_cannot_be_challenged(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as refused:
        shop.pay(payment_method=CHALLENGED, off_session=True)
    assert refused.value.error is not None
    assert (refused.value.code, refused.value.error.decline_code) == (
        "authentication_required",
        "authentication_required",
    )
    assert shop.only_intent().status == "requires_payment_method"


def test_a_merchant_that_handles_no_actions_gets_a_decline(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as refused:
        shop.pay(payment_method=CHALLENGED, error_on_requires_action=True, return_url=SHOP)
    assert refused.value.error is not None
    assert (refused.value.code, refused.value.error.decline_code) == (
        "authentication_required",
        "authentication_not_handled",
    )
    assert shop.pay(error_on_requires_action=True).status == "succeeded"


def test_a_merchant_may_ask_for_3d_secure(shop: Shop) -> None:
    wish: Any = {"card": {"request_three_d_secure": "any"}}
    optional = "pm_card_threeDSecureOptional"
    assert shop.pay(payment_method=optional, return_url=SHOP).status == "succeeded"
    intent, holder = challenged(shop, optional, payment_method_options=wish)
    assert intent.payment_method_options is not None
    assert intent.payment_method_options.card is not None
    assert intent.payment_method_options.card.request_three_d_secure == "any"
    come_back(shop, holder.enters_the_code())
    plain = shop.pay(payment_method_options=wish, return_url=SHOP, expand=["latest_charge"])
    assert plain.status == "succeeded"
    assert isinstance(plain.latest_charge, stripe.Charge)
    assert plain.latest_charge.payment_method_details is not None
    assert plain.latest_charge.payment_method_details.card is not None
    secure = plain.latest_charge.payment_method_details.card.three_d_secure
    assert secure is not None
    assert (secure.result, secure.result_reason) == ("attempt_acknowledged", "card_not_enrolled")


def test_a_wish_may_come_with_the_confirmation(shop: Shop) -> None:
    intent = shop.sdk.v1.payment_intents.create({"amount": 2000, "currency": "usd"})
    confirmed = shop.sdk.v1.payment_intents.confirm(
        intent.id,
        {
            "payment_method": "pm_card_threeDSecureOptional",
            "return_url": SHOP,
            "payment_method_options": {"card": {"request_three_d_secure": "challenge"}},
        },
    )
    assert confirmed.status == "requires_action"


def test_a_card_that_was_set_up_pays_without_its_holder(shop: Shop) -> None:
    token = "pm_card_authenticationRequiredOnSetup"
    customer = shop.sdk.v1.customers.create().id
    intent, holder = challenged(shop, token, customer=customer, setup_future_usage="off_session")
    come_back(shop, holder.enters_the_code())
    (method,) = shop.sdk.v1.payment_methods.list({"customer": customer}).data
    kept = {"customer": customer, "payment_method": method.id}
    assert shop.pay(**kept, off_session=True).status == "succeeded"
    assert shop.pay(**kept, return_url=SHOP).status == "succeeded"
    assert shop.intent(intent.id).setup_future_usage == "off_session"
    with pytest.raises(stripe.CardError) as refused:
        shop.pay(payment_method=token, off_session=True)
    assert refused.value.code == "authentication_required"
    shop.check_books()


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//shop", "https://", "https://a b", "x" * 400]
)
def test_a_return_url_has_to_be_one(shop: Shop, url: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.pay(payment_method=CHALLENGED, return_url=url)
    assert (refused.value.code, refused.value.param) == ("url_invalid", "return_url")


def test_an_app_may_be_returned_to(shop: Shop) -> None:
    intent = shop.pay(payment_method=CHALLENGED, return_url="florists-app://paid")
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    location = come_back(shop, Cardholder(str(intent.next_action.redirect_to_url.url)).cancels()).headers[
        "Location"
    ]
    assert location.startswith("florists-app://paid?payment_intent=pi_")


def test_a_fast_customer_and_a_slow_record_end_well(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    line.expect(lost_answer)  # the bank has opened a challenge that nobody heard of
    intent = shop.pay(payment_method=CHALLENGED, return_url=SHOP)
    assert intent.status == "processing"
    later.shift(3)
    sweep(shop.house)
    found = shop.intent(intent.id)
    assert found.status == "requires_action"
    assert found.next_action is not None
    assert found.next_action.redirect_to_url is not None
    line.expect(through)
    come_back(shop, Cardholder(str(found.next_action.redirect_to_url.url)).enters_the_code())
    assert shop.intent(intent.id).status == "succeeded"
    shop.check_books()
