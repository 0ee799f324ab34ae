"""Events: a fact with the object as it stood at that moment."""

from typing import Any

import pytest
import stripe
from flask import Flask

from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client


def types(page: stripe.ListObject[stripe.Event]) -> list[str]:
    return [event.type for event in page.data]


def test_an_event_holds_the_object_as_it_stood(api: Any, sdk: stripe.StripeClient) -> None:
    created = api("POST", "/v1/customers", data={"name": "Jenny"}).json
    sdk.v1.customers.update(created["id"], {"name": "Jonny"})
    (event,) = sdk.v1.events.list({"type": "customer.created"}).data
    assert event.data.to_dict()["object"] == created
    (updated,) = sdk.v1.events.list({"type": "customer.updated"}).data
    assert updated.data.to_dict()["object"]["name"] == "Jonny"
    assert updated.data.to_dict()["previous_attributes"] == {"name": "Jenny"}


def test_an_event_names_the_request_that_caused_it(api: Any, sdk: stripe.StripeClient) -> None:
    answer = api("POST", "/v1/customers", headers={"Idempotency-Key": "order-17"}, data={"name": "Jenny"})
    (event,) = sdk.v1.events.list().data
    assert event.request is not None
    assert (event.request.id, event.request.idempotency_key) == (answer.headers["Request-Id"], "order-17")
    assert event.api_version == stripe.api_version
    assert event.livemode is False


def test_an_event_can_be_retrieved(sdk: stripe.StripeClient) -> None:
    sdk.v1.customers.create()
    (event,) = sdk.v1.events.list().data
    assert sdk.v1.events.retrieve(event.id).to_dict() == event.to_dict()


def test_another_merchants_event_is_a_404(app: Flask, sdk: stripe.StripeClient) -> None:
    sdk.v1.customers.create()
    (event,) = sdk.v1.events.list().data
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client(app, create_merchant(app, "Other")[1]).v1.events.retrieve(event.id)
    assert refused.value.http_status == 404


def test_a_list_narrows_by_type_by_group_and_by_several_types(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create()
    sdk.v1.customers.update(customer.id, {"name": "Jenny"})
    sdk.v1.products.create({"name": "Rose"})
    assert types(sdk.v1.events.list({"type": "customer.created"})) == ["customer.created"]
    assert types(sdk.v1.events.list({"type": "customer.*"})) == ["customer.updated", "customer.created"]
    assert types(sdk.v1.events.list({"type": "*.created"})) == ["product.created", "customer.created"]
    assert types(sdk.v1.events.list({"types": ["product.created", "customer.updated"]})) == [
        "product.created",
        "customer.updated",
    ]
    assert types(sdk.v1.events.list({"type": "customer.create_"})) == []
    assert types(sdk.v1.events.list({"type": "c%*"})) == []


def test_type_and_types_together_are_refused(sdk: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.events.list({"type": "customer.created", "types": ["customer.updated"]})
    assert refused.value.param == "types"


def test_more_than_twenty_types_are_refused(sdk: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.events.list({"types": ["customer.created"] * 21})
    assert refused.value.param == "types"
