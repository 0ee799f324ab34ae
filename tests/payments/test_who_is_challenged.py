"""Who is challenged: by the customer's presence, the merchant's wish, and what was set up before."""

from typing import Any

import pytest
import stripe

from tests.payments.challenged import (
    CHALLENGED,
    SHOP,
    challenged,
    come_back,
)
from tests.payments.conftest import Shop

pytestmark = pytest.mark.slow


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
