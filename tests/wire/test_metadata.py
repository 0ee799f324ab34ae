"""Metadata: 50 keys of 40 characters, values of 500; an empty value unsets."""

from typing import Any

import pytest
import stripe


def metadata_of(customer: stripe.Customer) -> dict[str, Any]:
    assert customer.metadata is not None
    return customer.metadata.to_dict()


def test_metadata_comes_back_as_it_was_given(sdk: stripe.StripeClient) -> None:
    given = {"order": "17", "Größe": "é 🌹", "a.b": "[c]=&d"}
    assert metadata_of(sdk.v1.customers.create({"metadata": given})) == given


def test_an_update_adds_and_replaces_keys(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"metadata": {"a": "1", "b": "2"}})
    updated = sdk.v1.customers.update(customer.id, {"metadata": {"b": "3", "c": "4"}})
    assert metadata_of(updated) == {"a": "1", "b": "3", "c": "4"}


def test_an_empty_value_unsets_its_key(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"metadata": {"a": "1", "b": "2"}})
    assert metadata_of(sdk.v1.customers.update(customer.id, {"metadata": {"a": ""}})) == {"b": "2"}


def test_an_empty_string_unsets_all_keys(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"metadata": {"a": "1", "b": "2"}})
    assert metadata_of(sdk.v1.customers.update(customer.id, {"metadata": ""})) == {}


def test_an_update_of_something_else_leaves_metadata_alone(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"metadata": {"a": "1"}})
    assert metadata_of(sdk.v1.customers.update(customer.id, {"name": "Jenny"})) == {"a": "1"}


def test_the_event_tells_which_metadata_was_replaced(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"metadata": {"a": "1"}})
    sdk.v1.customers.update(customer.id, {"metadata": {"a": "2"}})
    (event,) = sdk.v1.events.list({"type": "customer.updated"}).data
    assert event.data.to_dict()["previous_attributes"] == {"metadata": {"a": "1"}}


def test_an_update_that_changes_nothing_has_no_event(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"metadata": {"a": "1"}})
    sdk.v1.customers.update(customer.id, {"metadata": {"a": "1"}})
    assert sdk.v1.events.list({"type": "customer.updated"}).data == []


@pytest.mark.parametrize(
    "metadata",
    [
        {f"key {number}": "x" for number in range(50)},
        {"k" * 40: "x"},
        {"k": "x" * 500},
    ],
    ids=["50 keys", "a key of 40", "a value of 500"],
)
def test_the_bounds_are_good(sdk: stripe.StripeClient, metadata: dict[str, str]) -> None:
    assert metadata_of(sdk.v1.customers.create({"metadata": metadata})) == metadata


@pytest.mark.parametrize(
    "metadata",
    [
        {f"key {number}": "x" for number in range(51)},
        {"k" * 41: "x"},
        {"k": "x" * 501},
    ],
    ids=["51 keys", "a key of 41", "a value of 501"],
)
def test_beyond_the_bounds_is_refused(sdk: stripe.StripeClient, metadata: dict[str, str]) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.customers.create({"metadata": metadata})
    assert refused.value.http_status == 400
    assert str(refused.value.param).startswith("metadata")


def test_the_keys_of_several_updates_together_are_at_most_fifty(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"metadata": {f"a{number}": "x" for number in range(50)}})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.customers.update(customer.id, {"metadata": {"b": "x"}})
    assert refused.value.http_status == 400
    replaced = sdk.v1.customers.update(customer.id, {"metadata": {"a0": "", "b": "x"}})
    assert len(metadata_of(replaced)) == 50


def test_nested_metadata_is_refused(api: Any) -> None:
    refused = api("POST", "/v1/customers", data={"metadata[a][b]": "x"})
    assert refused.status_code == 400
    assert refused.json["error"]["param"] == "metadata[a]"
