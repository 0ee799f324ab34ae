"""Payments without the page, as a merchant's own code makes them with the official SDK over a real socket."""

import itertools
from typing import Any

import pytest
import requests
import stripe
from flask import Flask

from tests.support.bank import Bank
from tests.support.books import assert_the_books_agree
from tests.support.factories import create_merchant

pytestmark = pytest.mark.slow

RAW = {"number": "5555555555554444", "exp_month": 8, "exp_year": 2033, "cvc": "321"}


class Shop:
    """A merchant with the SDK as it comes."""

    def __init__(self, app: Flask, bank: Bank, gateway: str) -> None:
        merchant, self.secret_key = create_merchant(app)
        self.sdk = stripe.StripeClient(self.secret_key, base_addresses={"api": gateway})
        self.app, self.bank, self.account_id = app, bank, merchant.id

    def check_books(self) -> None:
        assert_the_books_agree(self.app, self.bank, self.account_id)

    def pay(self, **overrides: Any) -> stripe.PaymentIntent:
        given = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
        params: Any = {**given, **overrides}
        return self.sdk.v1.payment_intents.create(params)

    def captured(self, intent_id: str) -> stripe.Charge:
        intent = self.sdk.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]})
        assert isinstance(intent.latest_charge, stripe.Charge)
        return intent.latest_charge


@pytest.fixture
def shop(app: Flask, bank: Bank, gateway: str) -> Shop:
    return Shop(app, bank, gateway)


def test_an_intent_is_created_confirmed_and_read_back(shop: Shop) -> None:
    intent = shop.sdk.v1.payment_intents.create(
        {"amount": 2000, "currency": "USD", "metadata": {"order": "6735"}, "description": "A rose"}
    )
    assert (intent.status, intent.currency, intent.latest_charge) == ("requires_payment_method", "usd", None)
    assert str(intent.client_secret).startswith(f"{intent.id}_secret_")
    intent = shop.sdk.v1.payment_intents.update(intent.id, {"amount": 2500, "payment_method": "pm_card_visa"})
    assert (intent.status, intent.amount) == ("requires_confirmation", 2500)
    paid = shop.sdk.v1.payment_intents.confirm(intent.id)
    assert (paid.status, paid.amount_received) == ("succeeded", 2500)
    charge = shop.captured(intent.id)
    assert (charge.description, charge.metadata["order"]) == ("A rose", "6735")
    assert charge.outcome is not None
    assert charge.outcome.network_status == "approved_by_network"
    shop.check_books()


def test_the_old_manner_of_the_sdk_works_too(
    shop: Shop, gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe, "api_base", gateway)
    monkeypatch.setattr(stripe, "api_key", shop.secret_key)
    intent = stripe.PaymentIntent.create(
        amount=2000, currency="usd", payment_method="pm_card_visa", confirm=True
    )
    assert intent.status == "succeeded"
    assert stripe.Refund.create(payment_intent=intent.id).status == "succeeded"
    assert stripe.PaymentIntent.retrieve(intent.id).amount_received == 2000


@pytest.mark.parametrize("part", [None, 1200, 1], ids=["whole", "part", "a cent"])
def test_a_hold_is_captured_whole_or_in_part(shop: Shop, part: int | None) -> None:
    held = shop.pay(capture_method="manual")
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 2000, 0)
    assert shop.sdk.v1.balance_transactions.list().data == []
    given: Any = {} if part is None else {"amount_to_capture": part}
    taken = shop.sdk.v1.payment_intents.capture(held.id, given)
    assert (taken.status, taken.amount_capturable) == ("succeeded", 0)
    assert taken.amount_received == (part or 2000)
    charge = shop.captured(held.id)
    assert (charge.amount, charge.amount_captured, charge.captured) == (2000, part or 2000, True)
    refund = shop.sdk.v1.refunds.create({"payment_intent": held.id})
    assert refund.amount == (part or 2000)
    shop.check_books()


def test_a_hold_is_released_by_cancellation(shop: Shop) -> None:
    held = shop.pay(capture_method="manual")
    canceled = shop.sdk.v1.payment_intents.cancel(held.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert canceled.canceled_at is not None
    charge = shop.captured(held.id)
    assert (charge.captured, charge.refunded, charge.amount_refunded) == (False, True, 2000)
    assert shop.sdk.v1.balance_transactions.list().data == []
    shop.check_books()


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_a_decline_is_a_card_error_and_another_card_pays(
    shop: Shop, card: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as refused:
        shop.pay(payment_method=card)
    error = refused.value.error
    assert error is not None
    assert (refused.value.http_status, refused.value.code, error.decline_code) == (402, code, decline_code)
    assert error.payment_intent is not None
    intent = shop.sdk.v1.payment_intents.retrieve(error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    paid = shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    shop.check_books()


def test_a_raw_card_pays_at_once_and_shows_no_more_than_its_face(shop: Shop) -> None:
    data: Any = {"type": "card", "card": RAW, "billing_details": {"name": "Jenny Rosen"}}
    intent = shop.pay(payment_method=None, payment_method_data=data)
    assert intent.status == "succeeded"
    details = shop.captured(intent.id).payment_method_details
    assert details is not None
    assert details.card is not None
    assert (details.card.brand, details.card.last4, details.card.exp_year) == ("mastercard", "4444", 2033)
    assert "5555555555554444" not in str(intent) + str(shop.captured(intent.id))
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.pay(payment_method=str(intent.payment_method))
    assert refused.value.code == "payment_method_unactivated"


def test_a_saved_card_pays_again_and_again_until_it_is_detached(shop: Shop) -> None:
    customer = shop.sdk.v1.customers.create({"email": "jenny@example.com", "name": "Jenny Rosen"})
    card: Any = RAW
    method = shop.sdk.v1.payment_methods.create({"type": "card", "card": card})
    method = shop.sdk.v1.payment_methods.attach(method.id, {"customer": customer.id})
    assert method.customer == customer.id
    listed = shop.sdk.v1.customers.payment_methods.list(customer.id).data
    assert [one.id for one in listed] == [method.id]
    for _ in range(2):
        paid = shop.pay(customer=customer.id, payment_method=method.id, off_session=True)
        assert (paid.status, paid.customer) == ("succeeded", customer.id)
    shop.sdk.v1.payment_methods.detach(method.id)
    with pytest.raises(stripe.InvalidRequestError):
        shop.pay(customer=customer.id, payment_method=method.id)
    shop.check_books()


def test_a_card_that_is_to_be_used_again_is_kept_for_its_customer(shop: Shop) -> None:
    customer = shop.sdk.v1.customers.create().id
    data: Any = {"type": "card", "card": RAW}
    first = shop.pay(
        customer=customer, payment_method=None, payment_method_data=data, setup_future_usage="off_session"
    )
    saved = shop.sdk.v1.payment_methods.retrieve(str(first.payment_method))
    assert saved.customer == customer
    again = shop.pay(customer=customer, payment_method=saved.id, off_session=True)
    assert again.status == "succeeded"
    intent = shop.sdk.v1.payment_intents.create(
        {"amount": 900, "currency": "usd", "customer": customer, "setup_future_usage": "on_session"}
    )
    confirmed = shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method_data": data})
    kept = str(confirmed.payment_method)
    assert shop.pay(customer=customer, payment_method=kept).status == "succeeded"
    shop.check_books()


class Flaky(stripe.HTTPClient):
    """The SDK's own client on a line that swallows the first answers."""

    name = "flaky"

    def __init__(self, lost: int) -> None:
        super().__init__()
        self.inner = stripe.RequestsClient()
        self.left = lost
        self.keys: list[str] = []

    def request(self, *given: Any, **more: Any) -> Any:
        answer = self.inner.request(*given, **more)
        headers = given[2] or {}
        self.keys.append(headers.get("Idempotency-Key", ""))
        if self.left:
            self.left -= 1
            raise stripe.APIConnectionError("the line went dead", should_retry=True)  # type: ignore[no-untyped-call]
        return answer

    def sleep_time_seconds(self, *_: Any, **__: Any) -> float:
        return 0.0

    def close(self) -> None:
        self.inner.close()  # type: ignore[no-untyped-call]


def test_the_sdks_own_repeats_pay_once(shop: Shop, gateway: str) -> None:
    line = Flaky(lost=2)
    sdk = stripe.StripeClient(
        shop.secret_key, base_addresses={"api": gateway}, http_client=line, max_network_retries=3
    )
    intent = sdk.v1.payment_intents.create(
        {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    line.left = 2
    refund = sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    assert (intent.status, refund.status) == ("succeeded", "succeeded")
    assert [len(list(group)) for _, group in itertools.groupby(line.keys)] == [3, 3]
    assert [one.id for one in shop.sdk.v1.payment_intents.list().data] == [intent.id]
    assert shop.captured(intent.id).amount_refunded == 500
    line.close()
    shop.check_books()


def test_many_payments_are_paged_expanded_and_counted(shop: Shop) -> None:
    made = [shop.pay(amount=1000 + number).id for number in range(7)]
    shop.sdk.v1.refunds.create({"payment_intent": made[0]})
    paged = [intent.id for intent in shop.sdk.v1.payment_intents.list({"limit": 3}).auto_paging_iter()]
    assert paged == made[::-1]
    charges = shop.sdk.v1.charges.list({"limit": 2, "expand": ["data.balance_transaction", "data.customer"]})
    seen = list(charges.auto_paging_iter())
    assert len(seen) == 7
    for charge in seen:
        assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
        assert charge.balance_transaction.net == charge.amount - charge.balance_transaction.fee
        assert charge.balance_transaction.source == charge.id
    movements = list(shop.sdk.v1.balance_transactions.list({"limit": 3}).auto_paging_iter())
    assert sorted(movement.type for movement in movements) == ["charge"] * 7 + ["refund"]
    balance = shop.sdk.v1.balance.retrieve()
    held = sum(one.amount for one in balance.available) + sum(one.amount for one in balance.pending)
    assert held == sum(movement.net for movement in movements)
    types = [event.type for event in shop.sdk.v1.events.list({"type": "charge.*"}).auto_paging_iter()]
    assert types.count("charge.succeeded") == 7
    assert types.count("charge.refunded") == 1


def test_metadata_is_merged_and_unset(shop: Shop) -> None:
    intent = shop.pay(metadata={"order": "6735", "colour": "red"})
    intents = shop.sdk.v1.payment_intents
    updated = intents.update(intent.id, {"metadata": {"colour": "", "size": "L"}})
    assert updated.metadata is not None
    assert updated.metadata.to_dict() == {"order": "6735", "size": "L"}
    cleared = intents.update(intent.id, {"metadata": ""})
    assert cleared.metadata is not None
    assert cleared.metadata.to_dict() == {}


def test_the_plain_json_endpoints_tell_the_same_story(shop: Shop, gateway: str) -> None:
    def send(path: str, **given: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {shop.secret_key}"}
        method = "POST" if given else "GET"
        answer = requests.request(method, gateway + path, json=given or None, headers=headers, timeout=30)
        told: dict[str, Any] = answer.json()
        return told

    begun = send("/payment/initiate", amount=2000, currency="usd", capture_method="manual")
    assert begun["status"] == "awaiting_payment"
    intent_id = begun["transaction_id"]
    refused = send("/payment/confirm", transaction_id=intent_id, payment_method="pm_card_chargeDeclined")
    assert refused["error"]["decline_code"] == "generic_decline"
    assert send(f"/payment/status/{intent_id}")["last_error"]["code"] == "card_declined"
    told = send("/payment/confirm", transaction_id=intent_id, card=RAW)
    assert (told["status"], told["amount"], told["amount_captured"]) == ("authorized", 2000, 0)
    shop.sdk.v1.payment_intents.capture(intent_id)
    assert send(f"/payment/status/{intent_id}")["status"] == "paid"
    refund = shop.sdk.v1.refunds.create({"payment_intent": intent_id, "amount": 500})
    told = send(f"/payment/status/{intent_id}")
    assert (told["status"], told["amount_refunded"]) == ("partially_refunded", 500)
    assert send(f"/payment/status/{refund.id}")["status"] == "succeeded"
    page = send("/payment/initiate", amount=700, currency="eur", success_url="https://shop.example/thanks")
    assert page["checkout_url"].startswith(f"{gateway}/c/pay/")
    paid = send(
        "/payment/confirm",
        transaction_id=page["transaction_id"],
        payment_method="pm_card_visa",
        billing_details={"email": "jenny@example.com"},
    )
    assert (paid["transaction_id"], paid["status"]) == (page["transaction_id"], "paid")
    assert len(shop.sdk.v1.payment_methods.list().data) == 3  # one for each card that was tried
    shop.check_books()
