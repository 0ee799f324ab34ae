"""What is typed beside the number: expiry and code are checked before anything is written or asked."""

from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from payments.charging.test_tokens import COUNTRY_CODES, COUNTRY_EXCEPTIONS
from tests.cards.conftest import Shop

GOOD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
AMEX = "378282246310005"
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"exp_month": 13}, "invalid_expiry_month", "exp_month"),
    ({"exp_month": 0}, "invalid_expiry_month", "exp_month"),
    ({"exp_month": -1}, "invalid_expiry_month", "exp_month"),
    ({"exp_month": 2**62}, "invalid_expiry_month", "exp_month"),
    ({"exp_year": 1995}, "invalid_expiry_year", "exp_year"),
    ({"exp_year": 95}, "invalid_expiry_year", "exp_year"),
    ({"exp_year": 2025}, "invalid_expiry_year", "exp_year"),
    ({"exp_year": 2134}, "invalid_expiry_year", "exp_year"),
    ({"exp_year": -2034}, "invalid_expiry_year", "exp_year"),
    ({"exp_year": 2**62}, "invalid_expiry_year", "exp_year"),
    ({"cvc": "99"}, "invalid_cvc", "cvc"),
    ({"cvc": "1234"}, "invalid_cvc", "cvc"),
    ({"cvc": "12a"}, "invalid_cvc", "cvc"),
    ({"cvc": "\u0967\u0968\u0969"}, "invalid_cvc", "cvc"),
    ({"number": AMEX, "cvc": "123"}, "invalid_cvc", "cvc"),
    ({"number": "4242424242424241"}, "incorrect_number", "number"),
    ({"number": "4242"}, "incorrect_number", "number"),
    ({"number": "42424242424242424242"}, "incorrect_number", "number"),
    ({"number": "\uff14\uff12" * 8}, "incorrect_number", "number"),
    ({"number": "0000000000000000"}, "incorrect_number", "number"),
    ({"number": "4242x4242x4242x4242"}, "incorrect_number", "number"),
    ({"number": "pm_card_visa"}, "incorrect_number", "number"),
]


@pytest.mark.parametrize(("wrong", "code", "param"), WRONG)
def test_a_wrong_detail_is_a_card_error_and_writes_nothing(
    shop: Shop, wrong: dict[str, Any], code: str, param: str
) -> None:
    with pytest.raises(stripe.CardError) as refused:
        shop.pay(payment_method_data={"type": "card", "card": GOOD | wrong})
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (402, code, param)
    assert shop.sdk.v1.payment_intents.list().data == []
    with pytest.raises(stripe.CardError) as refused:
        shop.create_method(GOOD | wrong)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert shop.sdk.v1.payment_methods.list().data == []


@pytest.mark.parametrize(
    "right",
    [
        {},
        {"exp_year": 34},
        # Other tests move the bank's clock on by months.
        {"exp_month": 1, "exp_year": datetime.now(UTC).year + 2},
        {"exp_year": 2076},
        {"number": "4242 4242 4242 4242"},
        {"number": "4242-4242-4242-4242"},
        {"number": AMEX, "cvc": "1234"},
    ],
)
def test_any_future_expiry_and_any_code_of_the_right_length_are_good(
    shop: Shop, right: dict[str, Any]
) -> None:
    assert shop.pay(payment_method_data={"type": "card", "card": GOOD | right}).status == "succeeded"


def test_a_card_without_its_code_pays_and_the_code_is_unchecked(shop: Shop) -> None:
    card = {name: value for name, value in GOOD.items() if name != "cvc"}
    shop.pay(payment_method_data={"type": "card", "card": card})
    details = shop.charge().payment_method_details
    assert details is not None
    assert details.card is not None
    assert details.card.checks is not None
    assert details.card.checks.cvc_check is None


@pytest.mark.parametrize("missing", ["number", "exp_month", "exp_year"])
def test_what_is_missing_is_named(shop: Shop, missing: str) -> None:
    card: Any = {name: value for name, value in GOOD.items() if name != missing}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.pay(payment_method_data={"type": "card", "card": card})
    assert refused.value.code == "parameter_missing"
    assert missing in str(refused.value.param)


def test_a_country_card_is_of_its_country(shop: Shop) -> None:
    for country in sorted(COUNTRY_CODES.keys() | COUNTRY_EXCEPTIONS.keys()):
        method = shop.sdk.v1.payment_methods.retrieve(f"pm_card_{country}")
        assert method.card is not None
        assert method.card.country == country.upper()


@pytest.mark.parametrize("country", ["in", "mx", "de", "jp"])
def test_the_bank_tells_the_country_of_a_country_card_too(shop: Shop, country: str) -> None:
    shop.pay(payment_method=f"tok_{country}")
    details = shop.charge().payment_method_details
    assert details is not None
    assert details.card is not None
    assert details.card.country == country.upper()


@pytest.mark.parametrize("expiry", [{"exp_month": 13}, {"exp_year": 1995}, {"exp_month": 0}])
def test_a_saved_card_cannot_be_given_an_impossible_expiry(shop: Shop, expiry: Any) -> None:
    customer = shop.sdk.v1.customers.create().id
    method = shop.sdk.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    with pytest.raises(stripe.CardError) as refused:
        shop.sdk.v1.payment_methods.update(method.id, {"card": expiry})
    assert refused.value.code in ("invalid_expiry_month", "invalid_expiry_year")
    assert shop.pay(customer=customer, payment_method=method.id).status == "succeeded"
