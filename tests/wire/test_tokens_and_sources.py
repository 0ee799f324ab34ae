"""Tokens are used once; a customer's sources are cards of the older kind, and pay as any other card."""

from typing import Any

import pytest
import stripe

CARD: Any = {
    "number": "4242424242424242",
    "exp_month": "12",
    "exp_year": "2034",
    "cvc": "123",
    "name": "Jenny",
}


def a_token(sdk: stripe.StripeClient, **more: Any) -> stripe.Token:
    given: Any = {"card": CARD | more}
    return sdk.v1.tokens.create(given)


def a_customer(sdk: stripe.StripeClient, **given: Any) -> str:
    asked: Any = given
    return sdk.v1.customers.create(asked).id


def event_types(sdk: stripe.StripeClient) -> list[str]:
    return [str(event.type) for event in sdk.v1.events.list({"limit": 100}).data][::-1]


def test_a_token_shows_its_cards_face_and_never_its_number(sdk: stripe.StripeClient) -> None:
    token = a_token(sdk, address_zip="94103", address_country="US")
    assert (token.type, token.used, token.livemode) == ("card", False, False)
    assert token.card is not None
    assert (token.card.brand, token.card.last4, token.card.name) == ("Visa", "4242", "Jenny")
    assert (token.card.address_zip, token.card.address_country) == ("94103", "US")
    assert token.id.startswith("tok_")
    assert token.card.id.startswith("card_")
    assert CARD["number"] not in str(sdk.v1.tokens.retrieve(token.id))


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"exp_month": "13"}, "invalid_expiry_month"),
        ({"exp_month": "May"}, "invalid_expiry_month"),
        ({"exp_year": "1999"}, "invalid_expiry_year"),
        ({"cvc": "99"}, "invalid_cvc"),
    ],
)
def test_a_tokens_card_has_to_be_one(sdk: stripe.StripeClient, wrong: Any, code: str) -> None:
    with pytest.raises(stripe.CardError) as refused:
        a_token(sdk, **wrong)
    assert refused.value.code == code


def test_a_token_is_used_once(sdk: stripe.StripeClient) -> None:
    token = a_token(sdk).id
    method = sdk.v1.payment_methods.create({"type": "card", "card": {"token": token}})
    assert method.card is not None
    assert (method.card.last4, method.billing_details.name) == ("4242", "Jenny")
    paid = sdk.v1.payment_intents.create(
        {"amount": 2000, "currency": "usd", "payment_method": method.id, "confirm": True}
    )
    assert paid.status == "succeeded"
    assert sdk.v1.tokens.retrieve(token).used
    with pytest.raises(stripe.InvalidRequestError) as again:
        sdk.v1.customers.create({"source": token})
    assert (again.value.code, again.value.param) == ("token_already_used", "source")


def test_a_source_becomes_the_default_and_pays(sdk: stripe.StripeClient) -> None:
    token = a_token(sdk)
    assert token.card is not None
    customer = a_customer(sdk)
    added = sdk.v1.customers.payment_sources.create(customer, {"source": token.id})
    assert isinstance(added, stripe.Card)
    assert (added.id, added.customer, added.cvc_check) == (token.card.id, customer, None)
    assert sdk.v1.customers.retrieve(customer).default_source == added.id
    assert event_types(sdk) == ["customer.created", "customer.source.created", "customer.updated"]
    paid = sdk.v1.payment_intents.create(
        {"amount": 2000, "currency": "usd", "customer": customer, "payment_method": added.id, "confirm": True}
    )
    assert paid.status == "succeeded"
    whole = sdk.v1.customers.retrieve(customer, {"expand": ["default_source"]})
    assert isinstance(whole.default_source, stripe.Card)
    assert whole.default_source.last4 == "4242"


def test_a_source_is_changed_and_removed(sdk: stripe.StripeClient) -> None:
    customer = a_customer(sdk, source="tok_visa")
    second = sdk.v1.customers.payment_sources.create(customer, {"source": "tok_mastercard"})
    first = sdk.v1.customers.retrieve(customer).default_source
    assert isinstance(first, str)
    change: Any = {"exp_month": "11", "name": "Jenny Rosen", "address_zip": "10115", "metadata": {"a": "b"}}
    changed = sdk.v1.customers.payment_sources.update(customer, first, change)
    assert isinstance(changed, stripe.Card)
    assert (changed.exp_month, changed.name, changed.address_zip) == (11, "Jenny Rosen", "10115")
    assert [row.id for row in sdk.v1.customers.payment_sources.list(customer).data] == [second.id, first]
    gone = sdk.v1.customers.payment_sources.delete(customer, first)
    assert gone["deleted"]
    assert sdk.v1.customers.retrieve(customer).default_source == second.id
    with pytest.raises(stripe.InvalidRequestError) as missing:
        sdk.v1.customers.payment_sources.retrieve(customer, first)
    assert missing.value.http_status == 404
    assert event_types(sdk)[-3:] == ["customer.source.updated", "customer.source.deleted", "customer.updated"]


def test_a_new_source_takes_the_place_of_the_default(sdk: stripe.StripeClient) -> None:
    customer = a_customer(sdk, source="tok_visa")
    replaced = sdk.v1.customers.update(customer, {"source": "tok_amex", "description": "Moved"})
    assert replaced.description == "Moved"
    (only,) = sdk.v1.customers.payment_sources.list(customer).data
    assert only.id == replaced.default_source
    other = sdk.v1.customers.payment_sources.create(customer, {"source": "tok_visa"})
    assert sdk.v1.customers.update(customer, {"default_source": other.id}).default_source == other.id


def test_what_is_no_good_card_is_refused(sdk: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as refused:
        a_customer(sdk, source="tok_chargeDeclined")
    assert refused.value.code == "card_declined"
    assert not sdk.v1.customers.list().data
    customer = a_customer(sdk)
    theirs = sdk.v1.customers.payment_sources.create(a_customer(sdk), {"source": "tok_visa"})
    for act in (
        lambda: sdk.v1.customers.payment_sources.create(customer, {"source": "tok_none"}),
        lambda: sdk.v1.customers.payment_sources.retrieve(customer, theirs.id),
        lambda: sdk.v1.customers.update(customer, {"default_source": theirs.id}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as missing:
            act()
        assert missing.value.code == "resource_missing"


def test_a_default_source_that_is_detached_is_the_default_no_more(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"source": "tok_visa"})
    first = str(customer.default_source)
    second = sdk.v1.customers.payment_sources.create(customer.id, {"source": "tok_mastercard"})
    sdk.v1.payment_methods.detach(first)
    assert sdk.v1.customers.retrieve(customer.id).default_source == second.id
    sdk.v1.payment_methods.detach(second.id)
    assert sdk.v1.customers.retrieve(customer.id).default_source is None
