"""The triggers of the catalog: each is followed by a new event of exactly its type."""

from typing import Any

import pytest

from tests.support.buyer import Till
from tests.triggers.conftest import Call, new_events, played

BY_CLI = "(created by Stripe CLI)"
CHANGE: dict[str, Any] = {"metadata": {"foo": "bar"}}
COUPON: Call = ("POST", "/v1/coupons", {"percent_off": 20})
PRODUCT: Call = ("POST", "/v1/products", {"name": "myproduct", "description": BY_CLI})
MONTHLY = {"unit_amount": 1500, "currency": "usd", "recurring": {"interval": "month"}}
PRICE: Call = ("POST", "/v1/prices", {"product": "{0}", **MONTHLY})
PLAN: Call = (
    "POST",
    "/v1/plans",
    {"currency": "usd", "interval": "month", "amount": 2000, "product": {"name": "myproduct"}},
)
CODE: Call = ("POST", "/v1/promotion_codes", {"coupon": "{0}"})
RATE: Call = (
    "POST",
    "/v1/tax_rates",
    {"display_name": "test", "inclusive": True, "percentage": 10, "description": BY_CLI},
)
CUSTOMER: Call = ("POST", "/v1/customers", {"coupon": "{0}", "description": BY_CLI})
SALE: dict[str, Any] = {
    "success_url": "https://httpbin.org/post",
    "cancel_url": "https://httpbin.org/post",
    "mode": "payment",
    "line_items": [{"price": "{1}", "quantity": 2}],
}

TRIGGERS: dict[str, list[Call]] = {
    "coupon.created": [COUPON],
    "coupon.deleted": [COUPON, ("DELETE", "/v1/coupons/{0}", {})],
    "coupon.updated": [COUPON, ("POST", "/v1/coupons/{0}", CHANGE)],
    "customer.discount.created": [COUPON, CUSTOMER],
    "customer.discount.deleted": [COUPON, CUSTOMER, ("POST", "/v1/customers/{1}", {"coupon": ""})],
    "customer.discount.updated": [
        COUPON,
        CUSTOMER,
        ("POST", "/v1/coupons", {"percent_off": 30}),
        ("POST", "/v1/customers/{1}", {"coupon": "{2}"}),
    ],
    "plan.created": [PLAN],
    "plan.deleted": [PLAN, ("DELETE", "/v1/plans/{0}", {})],
    "plan.updated": [PLAN, ("POST", "/v1/plans/{0}", CHANGE)],
    "price.created": [PRODUCT, PRICE],
    "price.updated": [PRODUCT, PRICE, ("POST", "/v1/prices/{1}", CHANGE)],
    "product.created": [PRODUCT],
    "product.deleted": [PRODUCT, ("DELETE", "/v1/products/{0}", {})],
    "product.updated": [PRODUCT, ("POST", "/v1/products/{0}", CHANGE)],
    "promotion_code.created": [COUPON, CODE],
    "promotion_code.updated": [COUPON, CODE, ("POST", "/v1/promotion_codes/{1}", CHANGE)],
    "tax_rate.created": [RATE],
    "tax_rate.updated": [RATE, ("POST", "/v1/tax_rates/{0}", CHANGE)],
    "checkout.session.expired": [
        PRODUCT,
        ("POST", "/v1/prices", {"product": "{0}", "unit_amount": 1500, "currency": "usd"}),
        ("POST", "/v1/checkout/sessions", SALE),
        ("POST", "/v1/checkout/sessions/{2}/expire", {}),
    ],
}


@pytest.mark.parametrize("event_type", TRIGGERS)
def test_a_trigger_is_followed_by_its_event(till: Till, event_type: str) -> None:
    *before, last = TRIGGERS[event_type]
    answers: list[dict[str, Any]] = []

    def whole() -> None:
        answers.extend(played(till, [*before, last]))

    told = new_events(till, whole)
    assert told.count(event_type) == 1, told
    assert len(answers) == len(TRIGGERS[event_type])
