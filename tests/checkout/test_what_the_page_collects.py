"""What a merchant has its customer asked, from the page to the session, the customer and the webhook."""

from typing import Any

import pytest
import stripe
from flask import Flask

from tests.support.asked import ANSWERS, EVERYTHING, FIELDS
from tests.support.buyer import Buyer, Till, look
from tests.support.hosted_page import INSUFFICIENT_FUNDS, TYPED
from tests.support.sdk_shapes import strays

WHERE = {"city": "Berlin", "country": "DE", "line1": "Unter den Linden 1", "line2": None,
         "postal_code": "10117", "state": None}  # fmt: skip
THERE = {"city": "Bengaluru", "country": "IN", "line1": "12 MG Road", "line2": "2nd floor",
         "postal_code": "560001", "state": "KA"}  # fmt: skip


def session_of(till: Till, session: dict[str, Any]) -> dict[str, Any]:
    return till.get(f"/v1/checkout/sessions/{session['id']}")


def test_a_plain_session_says_that_nothing_was_asked(app: Flask, till: Till) -> None:
    session = till.open_session()
    Buyer(app, session).pay()
    seen = session_of(till, session)
    assert (seen["custom_fields"], seen["phone_number_collection"]) == ([], {"enabled": False})
    assert set(seen["custom_text"].values()) == {None}
    for name in ("consent", "consent_collection", "name_collection", "tax_id_collection", "optional_items",
                 "saved_payment_method_options", "collected_information"):  # fmt: skip
        assert seen[name] is None, name
    details = seen["customer_details"]
    assert (details["phone"], details["tax_ids"], details["business_name"]) == (None, [], None)


def test_an_open_session_shows_its_questions_without_answers(till: Till) -> None:
    session = till.open_session(**EVERYTHING)
    first, second, third = session["custom_fields"]
    assert first == {
        "key": "engraving", "label": {"type": "custom", "custom": "Engraving"}, "optional": False,
        "type": "text",
        "text": {"default_value": None, "minimum_length": 2, "maximum_length": 20, "value": None},
    }  # fmt: skip
    assert (second["optional"], second["numeric"]["value"]) == (True, None)
    assert third["dropdown"]["default_value"] == "S"
    assert session["consent"] == {"promotions": None, "terms_of_service": None}
    assert session["consent_collection"] == {
        "payment_method_reuse_agreement": None, "promotions": "auto", "terms_of_service": "required"
    }  # fmt: skip
    assert session["name_collection"] == {
        "individual": {"enabled": True, "optional": False}, "business": {"enabled": True, "optional": True}
    }  # fmt: skip
    assert session["tax_id_collection"] == {"enabled": True, "required": "never"}
    assert session["phone_number_collection"] == {"enabled": True}
    assert session["collected_information"] is None


def test_every_answer_reaches_session_customer_method_and_webhook(app: Flask, till: Till) -> None:
    session = till.open_session(**EVERYTHING, customer_creation="always")
    seen = Buyer(app, session).pay(**ANSWERS)
    assert seen.status == 200, seen.text
    paid = session_of(till, session)
    values = {field["key"]: field[field["type"]]["value"] for field in paid["custom_fields"]}
    assert values == {"engraving": "For Mira", "member": "00123", "size": "L"}
    assert paid["consent"] == {"promotions": "opt_in", "terms_of_service": "accepted"}
    details = paid["customer_details"]
    assert (details["phone"], details["address"], details["name"]) == ("+4930901820", WHERE, "Asha Rao")
    assert (details["business_name"], details["individual_name"]) == ("Rao GmbH", "Asha Rao")
    assert details["tax_ids"] == [{"type": "eu_vat", "value": "DE 123 456 789"}]
    told = paid["collected_information"]
    assert (told["business_name"], told["individual_name"]) == ("Rao GmbH", "Asha Rao")
    assert told["shipping_details"] == {"address": THERE, "name": "Asha Rao"}
    customer = till.get(f"/v1/customers/{paid['customer']}")
    assert (customer["phone"], customer["address"]) == ("+4930901820", WHERE)
    assert (customer["business_name"], customer["individual_name"]) == ("Rao GmbH", "Asha Rao")
    parcel = {"address": THERE, "name": "Asha Rao", "phone": "+4930901820"}
    assert customer["shipping"] == {**parcel, "carrier": None, "tracking_number": None}
    (charge,) = till.charges_of(session["id"])
    assert charge["billing_details"]["address"] == WHERE
    assert charge["billing_details"]["phone"] == "+4930901820"
    (event,) = till.get("/v1/events?type=checkout.session.completed")["data"]
    assert event["data"]["object"] == paid


def test_every_key_is_one_that_the_sdk_knows(app: Flask, till: Till) -> None:
    rate = {"display_name": "Post", "fixed_amount": {"amount": 4900, "currency": "inr"}}
    session = till.open_session(
        **EVERYTHING, customer_creation="always", shipping_options=[{"shipping_rate_data": rate}],
        saved_payment_method_options={"payment_method_save": "enabled"},
        custom_text={"submit": {"message": "Soon"}},
    )  # fmt: skip
    assert list(strays(session, stripe.checkout.Session)) == []
    assert Buyer(app, session).pay(**ANSWERS).status == 200
    paid = session_of(till, session)
    assert list(strays(paid, stripe.checkout.Session)) == []
    assert (paid["shipping_cost"]["amount_total"], paid["amount_total"]) == (4900, 54800)
    assert paid["shipping_address_collection"] == {"allowed_countries": ["DE", "IN"]}


def test_all_answers_survive_a_decline_and_a_mistake(app: Flask, till: Till) -> None:
    buyer = Buyer(app, till.open_session(**EVERYTHING))
    typed = TYPED | ANSWERS
    for change, status in (({"cardNumber": INSUFFICIENT_FUNDS}, 402), ({"phoneNumber": "12"}, 422)):
        seen = buyer.pay(**(ANSWERS | change))
        assert seen.status == status
        kept = typed | change | {"cardCvc": ""}
        assert {name: seen.values.get(name) for name in kept} == kept


def test_a_box_that_was_not_ticked_is_not_ticked_afterwards(app: Flask, till: Till) -> None:
    buyer = Buyer(app, till.open_session(**EVERYTHING))
    unticked = {name: text for name, text in ANSWERS.items() if not name.endswith("Checkbox")}
    seen = buyer.pay(**unticked)
    assert (seen.status, "Agree to the terms to go on." in seen.text) == (422, True)
    assert "termsOfServiceConsentCheckbox" not in seen.values
    assert buyer.submit(**unticked, termsOfServiceConsentCheckbox="yes").status == 200
    assert session_of(till, buyer.session)["consent"] == {
        "promotions": "opt_out",
        "terms_of_service": "accepted",
    }


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"customField1": ""}, "Fill in this field."),
        ({"customField1": "x"}, "Enter at least 2 characters."),
        ({"customField1": "x" * 21}, "Enter at most 20 characters."),
        ({"customField1": "4242 4242 4242 4242"}, "looks like a card number"),
        ({"customField2": "12a"}, "Enter digits only."),
        ({"customField2": "\u0664\u0662"}, "Enter digits only."),
        ({"customField2": "123456789"}, "Enter at most 8 characters."),
        ({"customField3": ""}, "Choose one of these."),
        ({"customField3": "XL"}, "Choose one of these."),
        ({"phoneNumber": ""}, "Enter your phone number."),
        ({"phoneNumber": "030 901820"}, "with the code of its country"),
        ({"phoneNumber": "+0 30 901820"}, "with the code of its country"),
        ({"phoneNumber": "+378282246310005"}, "with the code of its country"),
        ({"individualName": ""}, "Enter your full name."),
        ({"individualName": "4242424242424242"}, "looks like a card number"),
        ({"businessName": ""}, "Enter the name of your business."),
        ({"taxId": "DE12"}, "not how a tax ID of this type is written"),
        ({"taxIdType": ""}, "Choose the type of your tax ID."),
        ({"taxIdType": "xx_vat"}, "Choose the type of your tax ID."),
        ({"taxId": "4242424242424242"}, "characters that cannot be used"),
        ({"billingAddressLine1": ""}, "Enter street and number."),
        ({"billingLocality": ""}, "Enter the city or town."),
        ({"billingAdministrativeArea": "x" * 201}, "longer than 200 characters"),
    ],
)
def test_an_answer_that_will_not_do_says_why(
    app: Flask, till: Till, typed: dict[str, str], said: str
) -> None:
    session = till.open_session(**EVERYTHING)
    seen = Buyer(app, session).pay(**(ANSWERS | typed))
    assert (seen.status, said in seen.text) == (422, True), seen.text
    assert session_of(till, session)["payment_intent"] is None


def test_what_is_optional_may_be_left_out(app: Flask, till: Till) -> None:
    session = till.open_session(**EVERYTHING)
    blank = dict.fromkeys(("customField2", "businessName", "taxId", "promotionsConsentCheckbox"), "")
    assert Buyer(app, session).pay(**(ANSWERS | blank)).status == 200
    paid = session_of(till, session)
    assert paid["custom_fields"][1]["numeric"]["value"] is None
    assert (paid["customer_details"]["tax_ids"], paid["customer_details"]["business_name"]) == ([], None)


def test_a_default_is_there_on_the_first_look(app: Flask, till: Till) -> None:
    seen = Buyer(app, till.open_session(custom_fields=FIELDS)).open()
    assert (seen.values["customField1"], seen.values["customField3"]) == ("", "S")


@pytest.mark.parametrize("country", ["IN", "AQ"])
def test_a_tax_id_is_required_only_where_there_is_one(app: Flask, till: Till, country: str) -> None:
    asked = {"enabled": True, "required": "if_supported"}
    buyer = Buyer(app, till.open_session(tax_id_collection=asked))
    seen = buyer.pay(billingCountry=country)
    assert seen.status == (422 if country == "IN" else 200)
    if country == "IN":
        assert "Enter your tax ID." in seen.text
        typed = {"taxIdType": "in_gst", "taxId": "12ABCDE3456FGZH", "businessName": "Rao"}
        assert buyer.submit(**typed).status == 200


def test_a_session_that_keeps_a_card_asks_for_consent_and_names(app: Flask, till: Till) -> None:
    session = till.open_session(
        mode="setup", line_items=None, customer_creation="always",
        consent_collection={"terms_of_service": "required"}, name_collection={"business": {"enabled": True}},
    )  # fmt: skip
    buyer = Buyer(app, session)
    assert buyer.pay(businessName="Rao GmbH").status == 422
    assert buyer.submit(businessName="Rao GmbH", termsOfServiceConsentCheckbox="yes").status == 200
    kept = session_of(till, session)
    assert kept["consent"]["terms_of_service"] == "accepted"
    assert till.get(f"/v1/customers/{kept['customer']}")["business_name"] == "Rao GmbH"


def test_a_named_customer_is_changed_only_as_the_merchant_says(app: Flask, till: Till) -> None:
    jenny = till.post("/v1/customers", {"email": "jenny@example.com", "name": "Jenny"})
    asked = {name: EVERYTHING[name] for name in ("phone_number_collection", "shipping_address_collection")}
    asked["billing_address_collection"] = "required"
    first = till.open_session(**asked, customer=jenny["id"])
    assert Buyer(app, first).pay(**ANSWERS).status == 200
    after = till.get(f"/v1/customers/{jenny['id']}")
    assert (after["name"], after["address"], after["shipping"]) == ("Jenny", None, None)
    assert after["phone"] == "+4930901820"
    every = dict.fromkeys(("address", "name", "shipping"), "auto")
    second = till.open_session(**asked, customer=jenny["id"], customer_update=every)
    assert Buyer(app, second).pay(**ANSWERS).status == 200
    after = till.get(f"/v1/customers/{jenny['id']}")
    assert (after["name"], after["address"], after["shipping"]["address"]) == ("Asha Rao", WHERE, THERE)


def test_what_is_known_of_a_customer_is_filled_in(app: Flask, till: Till) -> None:
    given = {"phone": "+14155550100", "address": WHERE | {"line2": "4th"}}
    given["address"] = {name: text for name, text in given["address"].items() if text}  # type: ignore[attr-defined]
    jenny = till.post("/v1/customers", {"email": "jenny@example.com", **given})
    asked = {name: EVERYTHING[name] for name in ("billing_address_collection", "phone_number_collection")}
    seen = Buyer(app, till.open_session(**asked, customer=jenny["id"])).open()
    assert (seen.values["phoneNumber"], seen.values["billingCountry"]) == ("+14155550100", "DE")
    assert (seen.values["billingAddressLine1"], seen.values["billingLocality"]) == (
        "Unter den Linden 1",
        "Berlin",
    )


def test_an_expired_session_asks_the_same_when_it_is_opened_again(app: Flask, till: Till) -> None:
    session = till.open_session(**EVERYTHING, after_expiration={"recovery": {"enabled": True}})
    expired = till.post(f"/v1/checkout/sessions/{session['id']}/expire")
    address = expired["after_expiration"]["recovery"]["url"].partition("/c/")[2]
    location = look(app.test_client().get(f"/c/{address}")).response.headers["Location"]
    again = till.get(f"/v1/checkout/sessions/{location.rpartition('/')[2]}")
    for name in (*EVERYTHING, "custom_text"):
        assert again[name] == session[name], name
