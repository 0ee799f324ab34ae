"""Errors say what merchants and their code look for: Stripe's words, and the names that were sent."""

from typing import Any

import pytest


@pytest.mark.usefixtures("bank")
def test_a_verb_at_the_wrong_time_is_told_in_words_that_merchants_code_looks_for(api: Any) -> None:
    form = {"amount": "2000", "currency": "eur", "payment_method_types[0]": "card"}
    paid = {**form, "confirm": "true", "payment_method": "pm_card_visa"}
    succeeded, fresh = (
        "/v1/payment_intents/" + api("POST", "/v1/payment_intents", data=data).json["id"]
        for data in (paid, form)
    )

    def told(path: str) -> str:
        error = api("POST", path).json["error"]
        assert error["code"] == "payment_intent_unexpected_state"
        return str(error["message"])

    assert told(f"{succeeded}/confirm") == (
        "You cannot confirm this PaymentIntent because it has already succeeded after being previously "
        "confirmed."
    )
    assert told(f"{succeeded}/capture") == (
        "This PaymentIntent could not be captured because it has already been captured."
    )
    assert told(f"{fresh}/capture") == (
        "This PaymentIntent could not be captured because it has a status of requires_payment_method. Only a "
        "PaymentIntent with one of the following statuses may be captured: requires_capture."
    )
    assert told(f"{succeeded}/cancel").startswith(
        "You cannot cancel this PaymentIntent because it has a status of succeeded. Only a PaymentIntent "
        "with one of the following statuses may be canceled: "
    )


ACCEPTED = "mandate_data[customer_acceptance][type]"


@pytest.mark.parametrize("name", ["return_url", ACCEPTED, "off_session", "mandate"])
def test_what_only_confirming_takes_is_not_dropped_silently(api: Any, name: str) -> None:
    value = {"return_url": "https://shop.example/back", "off_session": "true"}.get(name, "offline")
    answer = api("POST", "/v1/payment_intents", data={"amount": "2000", "currency": "eur", name: value})
    assert answer.status_code == 400
    assert answer.json["error"]["param"] == name.partition("[")[0]


@pytest.mark.parametrize("name", ["return_url", ACCEPTED])
def test_nor_is_it_of_a_setup(api: Any, name: str) -> None:
    value = {"return_url": "https://shop.example/back"}.get(name, "offline")
    answer = api("POST", "/v1/setup_intents", data={name: value})
    assert answer.status_code == 400
    assert answer.json["error"]["param"] == name.partition("[")[0]


@pytest.mark.parametrize("given", [{"payment_method_types[0]": "cash"}, {"payment_method_types[]": "card"}])
def test_a_parameter_of_an_older_version_is_told_by_its_own_name(api: Any, given: dict[str, str]) -> None:
    form = {"amount": "2000", "currency": "eur", "automatic_payment_methods[enabled]": "true"}
    error = api("POST", "/v1/payment_intents", data=form | given).json["error"]
    assert "allowed_payment_method_types" not in str(error)
    assert "payment_method_types" in error["message"]


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"payment_method_data[card][token]": "tok_absent"}, "payment_method_data[card][token]"),
        ({"payment_method_data[metadata][a]": "b"}, "payment_method_data[card]"),
        (
            {
                "payment_method_data[card][token]": "tok_visa",
                "payment_method_data[billing_details][address][country]": "ZZZ",
            },
            "payment_method_data[billing_details][address][country]",
        ),
    ],
)
def test_what_is_wrong_within_the_data_of_a_method_is_named_there(
    api: Any, given: dict[str, str], param: str
) -> None:
    form = {"amount": "2000", "currency": "eur", "payment_method_data[type]": "card"}
    assert api("POST", "/v1/payment_intents", data=form | given).json["error"]["param"] == param


@pytest.mark.usefixtures("bank")
def test_amounts_are_written_as_people_write_them(api: Any) -> None:
    form = {"amount": "200000", "currency": "usd", "payment_method_types[0]": "card"}
    paid = api(
        "POST", "/v1/payment_intents", data=form | {"confirm": "true", "payment_method": "pm_card_visa"}
    ).json
    over = api("POST", "/v1/refunds", data={"payment_intent": paid["id"], "amount": "200001"})
    assert over.json["error"]["message"] == (
        "Refund amount ($2,000.01 usd) is greater than unrefunded amount on charge ($2,000.00 usd)"
    )
    small = api("POST", "/v1/payment_intents", data=form | {"amount": "49"})
    assert small.json["error"]["message"] == "Amount must be at least $0.50 usd"
    large = api("POST", "/v1/payment_intents", data=form | {"amount": "100000000", "currency": "chf"})
    assert large.json["error"]["message"] == "Amount must be no more than 999,999.99 chf"
