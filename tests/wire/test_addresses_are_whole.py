"""An address and a shipping have all of their keys, whatever was given: an absent one makes the SDK raise."""

from typing import Any

import pytest
import stripe

ADDRESS: Any = {"line1": "510 Townsend St", "country": "US"}
SHIPPING: Any = {"name": "Jenny Rosen", "address": ADDRESS}


def is_whole(shipping: Any) -> None:
    assert shipping is not None
    assert (shipping.name, shipping.phone, shipping.carrier, shipping.tracking_number) == (
        "Jenny Rosen",
        None,
        None,
        None,
    )
    assert (shipping.address.line1, shipping.address.line2, shipping.address.state) == (
        "510 Townsend St",
        None,
        None,
    )


def test_a_customers(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"address": ADDRESS, "shipping": SHIPPING})
    is_whole(customer.shipping)
    assert customer.address is not None
    assert (customer.address.country, customer.address.city, customer.address.postal_code) == (
        "US",
        None,
        None,
    )
    bare = sdk.v1.customers.update(customer.id, {"address": "", "shipping": ""})
    assert (bare.address, bare.shipping) == (None, None)


@pytest.mark.usefixtures("bank")
def test_a_payments(sdk: stripe.StripeClient) -> None:
    paid = sdk.v1.payment_intents.create(
        {
            "amount": 2000,
            "currency": "eur",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "shipping": SHIPPING,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "expand": ["latest_charge"],
        }
    )
    is_whole(paid.shipping)
    assert isinstance(paid.latest_charge, stripe.Charge)
    is_whole(paid.latest_charge.shipping)
