"""Tax rates, as Stripe's reference describes them."""

from typing import Any

import pytest
import stripe

VAT = {"display_name": "VAT", "percentage": 19, "inclusive": True}


def create(sdk: stripe.StripeClient, **given: Any) -> stripe.TaxRate:
    params: Any = VAT | given
    return sdk.v1.tax_rates.create(params)


def test_a_rate_is_made_with_all_that_it_says(sdk: stripe.StripeClient) -> None:
    given = {"country": "DE", "jurisdiction": "DE", "description": "MwSt", "tax_type": "vat"}
    rate = create(sdk, percentage=7.725, **given)
    assert (rate.percentage, rate.inclusive, rate.active) == (7.725, True, True)
    assert (rate.country, rate.jurisdiction, rate.description, rate.tax_type) == tuple(given.values())
    assert sdk.v1.tax_rates.retrieve(rate.id).display_name == "VAT"
    assert [event.type for event in sdk.v1.events.list().data] == ["tax_rate.created"]


def test_a_percentage_never_changes(sdk: stripe.StripeClient, api: Any) -> None:
    rate = create(sdk)
    changed = sdk.v1.tax_rates.update(rate.id, {"active": False, "display_name": "MwSt"})
    assert (changed.active, changed.display_name, changed.percentage) == (False, "MwSt", 19)
    for name, value in (("percentage", "20"), ("inclusive", "false")):
        refused = api("POST", f"/v1/tax_rates/{rate.id}", data={name: value})
        assert refused.json["error"]["code"] == "parameter_unknown"
    event = sdk.v1.events.list({"type": "tax_rate.updated"}).data[0]
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes.to_dict() == {"active": True, "display_name": "VAT"}


def test_rates_are_listed_by_what_they_are(sdk: stripe.StripeClient) -> None:
    inclusive = create(sdk)
    exclusive = create(sdk, inclusive=False)
    sdk.v1.tax_rates.update(inclusive.id, {"active": False})
    assert [rate.id for rate in sdk.v1.tax_rates.list({"inclusive": False}).data] == [exclusive.id]
    assert [rate.id for rate in sdk.v1.tax_rates.list({"active": False}).data] == [inclusive.id]


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"percentage": "-1"}, "percentage"),
        ({"percentage": "100.1"}, "percentage"),
        ({"percentage": "1.23456"}, "percentage"),
        ({"inclusive": "maybe"}, "inclusive"),
        ({"country": "Germany"}, "country"),
        ({"display_name": "n" * 51}, "display_name"),
        ({"tax_type": "window_tax"}, "tax_type"),
    ],
)
def test_what_can_be_no_rate_is_refused(api: Any, given: dict[str, str], param: str) -> None:
    form = {"display_name": "VAT", "percentage": "19", "inclusive": "true"}
    refused = api("POST", "/v1/tax_rates", data=form | given)
    assert (refused.status_code, refused.json["error"]["param"]) == (400, param)
