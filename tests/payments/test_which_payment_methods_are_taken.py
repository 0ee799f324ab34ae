"""Which types of payment methods an intent takes: those that fit it, and none that can't pay."""

from typing import Any

import pytest
import stripe

from tests.payments.conftest import Shop
from tests.payments.without_a_card import debit, pay_by

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"currency": "usd", "allowed_payment_method_types": ["upi"]}, "allowed_payment_method_types[0]"),
        (
            {"currency": "eur", "allowed_payment_method_types": ["card", "x_netbanking"]},
            "allowed_payment_method_types[1]",
        ),
        (
            {"currency": "inr", "amount": 60, "allowed_payment_method_types": ["upi"]},
            "allowed_payment_method_types[0]",
        ),
        (
            {"currency": "inr", "amount": 20_000_000, "allowed_payment_method_types": ["upi"]},
            "allowed_payment_method_types[0]",
        ),
        (
            {"currency": "eur", "capture_method": "manual", "allowed_payment_method_types": ["ideal"]},
            "allowed_payment_method_types[0]",
        ),
        (
            {
                "currency": "eur",
                "setup_future_usage": "off_session",
                "allowed_payment_method_types": ["ideal"],
            },
            "allowed_payment_method_types[0]",
        ),
    ],
)
def test_a_method_that_cannot_pay_this_is_refused(shop: Shop, given: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.sdk.v1.payment_intents.create({"amount": 2000, **given})  # type: ignore[typeddict-item]
    assert refused.value.param == param


def test_automatic_payment_methods_are_those_that_fit(shop: Shop) -> None:
    def types(**given: Any) -> list[str]:
        return shop.sdk.v1.payment_intents.create({"amount": 2000, **given}).payment_method_types  # type: ignore[typeddict-item]

    assert types(currency="inr") == ["card", "upi", "x_netbanking"]
    assert types(currency="eur") == ["card", "amazon_pay", "klarna", "ideal", "sepa_debit"]
    never = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    assert types(currency="eur", **never) == ["card", "sepa_debit"]
    assert types(currency="inr", allowed_payment_method_types=["netbanking"]) == ["x_netbanking"]


def test_a_method_of_a_type_that_was_not_allowed_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay_by(shop, "ideal", allowed_payment_method_types=["card"])
    assert refused.value.code == "payment_intent_incompatible_payment_method"


@pytest.mark.parametrize("given", [{"off_session": True}, {"error_on_requires_action": True}])
def test_nobody_is_redirected_who_is_not_there(shop: Shop, given: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        pay_by(shop, "ideal", **given)


@pytest.mark.parametrize("iban", ["DE89370400440532013001", "DE89", "4242424242424242"])
def test_what_is_no_account_number_is_refused(shop: Shop, iban: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        debit(shop, iban)
    assert refused.value.param == "payment_method_data[sepa_debit][iban]"
