"""A customer may be created together with a card: both are there, or neither is."""

import pytest
import stripe
from flask import Flask

from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client


@pytest.fixture
def sdk(app: Flask) -> stripe.StripeClient:
    return stripe_client(app, create_merchant(app)[1])


@pytest.mark.parametrize("kept", [True, False])
def test_the_card_belongs_to_the_new_customer(sdk: stripe.StripeClient, kept: bool) -> None:
    card = "pm_card_visa"
    if kept:
        card = sdk.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    customer = sdk.v1.customers.create({"name": "Jenny", "payment_method": card})
    (method,) = sdk.v1.customers.payment_methods.list(customer.id).data
    assert method.card is not None
    assert (method.customer, method.card.last4) == (customer.id, "4242")


def test_a_card_that_its_issuer_refuses_makes_no_customer(sdk: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as refused:
        sdk.v1.customers.create({"payment_method": "pm_card_chargeDeclined"})
    assert refused.value.code == "card_declined"
    assert sdk.v1.customers.list().data == []


def test_a_card_of_another_customer_is_refused(sdk: stripe.StripeClient) -> None:
    first = sdk.v1.customers.create({"payment_method": "pm_card_visa"})
    (method,) = sdk.v1.customers.payment_methods.list(first.id).data
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.customers.create({"payment_method": method.id})


def test_the_new_card_may_be_the_default_at_once(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create(
        {"payment_method": "pm_card_visa", "invoice_settings": {"default_payment_method": "pm_card_visa"}}
    )
    (method,) = sdk.v1.customers.payment_methods.list(customer.id).data
    assert customer.invoice_settings is not None
    assert customer.invoice_settings.default_payment_method == method.id
