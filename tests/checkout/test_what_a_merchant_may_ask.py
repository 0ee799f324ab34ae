"""The limits of what a merchant may have asked, each refused by its parameter; links ask the same."""

import json
from typing import Any, get_args, get_type_hints

import pytest
import stripe
from flask import Flask

from payments.hosted.tax_ids import FORMATS, fits
from tests.support.asked import ANSWERS, EVERYTHING
from tests.support.buyer import SHOP, Buyer, Till, flat, look
from tests.support.hosted_page import session_params

LABEL = {"type": "custom", "custom": "Size"}
TEXT = {"key": "size", "label": LABEL, "type": "text"}


def error_of(till: Till, asked: dict[str, Any], path: str = "/v1/checkout/sessions") -> dict[str, Any]:
    answer = till.client.post(
        path, data=dict(flat(session_params(SHOP, **asked))), headers=till.headers
    )  # fmt: skip
    assert answer.status_code == 400, answer.get_data(as_text=True)
    error: dict[str, Any] = json.loads(answer.get_data())["error"]
    return error


def choice(**given: Any) -> dict[str, Any]:
    options = given.pop("options", [{"label": "Small", "value": "S"}])
    return {"custom_fields": [TEXT | {"type": "dropdown", "dropdown": {"options": options, **given}}]}


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"custom_fields": [TEXT | {"key": f"k{n}"} for n in range(4)]}, "custom_fields"),
        ({"custom_fields": [TEXT, TEXT]}, "custom_fields[1][key]"),
        ({"custom_fields": [TEXT | {"key": "a b"}]}, "custom_fields[0][key]"),
        ({"custom_fields": [TEXT | {"key": "é"}]}, "custom_fields[0][key]"),
        ({"custom_fields": [TEXT | {"key": "k" * 201}]}, "custom_fields[0][key]"),
        ({"custom_fields": [TEXT | {"label": {"type": "custom", "custom": "x" * 101}}]},
         "custom_fields[0][label][custom]"),
        ({"custom_fields": [TEXT | {"type": "date"}]}, "custom_fields[0][type]"),
        ({"custom_fields": [TEXT | {"numeric": {"maximum_length": 3}}]}, "custom_fields[0][numeric]"),
        ({"custom_fields": [TEXT | {"text": {"maximum_length": 256}}]},
         "custom_fields[0][text][maximum_length]"),
        ({"custom_fields": [TEXT | {"text": {"minimum_length": 0}}]},
         "custom_fields[0][text][minimum_length]"),
        ({"custom_fields": [TEXT | {"text": {"minimum_length": 9, "maximum_length": 3}}]},
         "custom_fields[0][text][minimum_length]"),
        ({"custom_fields": [TEXT | {"text": {"maximum_length": 3, "default_value": "long"}}]},
         "custom_fields[0][text][default_value]"),
        ({"custom_fields": [TEXT | {"type": "numeric", "numeric": {"default_value": "1.5"}}]},
         "custom_fields[0][numeric][default_value]"),
        ({"custom_fields": [TEXT | {"type": "dropdown"}]}, "custom_fields[0][dropdown]"),
        (choice(default_value="L"), "custom_fields[0][dropdown][default_value]"),
        (choice(options=[{"label": "S", "value": "S"}] * 2), "custom_fields[0][dropdown][options][1][value]"),
        (choice(options=[{"label": "S", "value": "S-1"}]), "custom_fields[0][dropdown][options][0][value]"),
        (choice(options=[{"label": "x" * 101, "value": "S"}]),
         "custom_fields[0][dropdown][options][0][label]"),
        (choice(options=[{"label": "S", "value": f"v{n}"} for n in range(201)]),
         "custom_fields[0][dropdown][options]"),
        ({"custom_text": {"submit": {"message": "x" * 1201}}}, "custom_text[submit][message]"),
        ({"custom_text": {"shipping_address": {"message": "Soon"}}}, "custom_text[shipping_address]"),
        ({"custom_text": {"terms_of_service_acceptance": {"message": "Yes"}}},
         "custom_text[terms_of_service_acceptance]"),
        ({"custom_text": {"header": {"message": "x"}}}, "custom_text[header]"),
        ({"consent_collection": {"terms_of_service": "maybe"}}, "consent_collection[terms_of_service]"),
        ({"phone_number_collection": {}}, None),
        ({"customer_update": {"name": "auto"}}, "customer_update"),
        ({"saved_payment_method_options": {"payment_method_save": "enabled"}},
         "saved_payment_method_options[payment_method_save]"),
        ({"mode": "setup", "line_items": None, "custom_fields": [TEXT]}, "custom_fields"),
        ({"mode": "setup", "line_items": None, "phone_number_collection": {"enabled": True}},
         "phone_number_collection"),
    ],
)  # fmt: skip
def test_a_question_beyond_its_limits_is_refused_by_name(till: Till, asked: Any, param: str | None) -> None:
    if param is None:
        till.open_session(**asked)  # an empty hash can't be written in a form: nothing is asked
    else:
        assert error_of(till, asked)["param"] == param


def test_tax_ids_of_a_named_customer_need_its_name_to_be_kept(till: Till) -> None:
    jenny = till.post("/v1/customers", {"email": "jenny@example.com"})
    asked: dict[str, Any] = {"customer": jenny["id"], "tax_id_collection": {"enabled": True}}
    assert error_of(till, asked)["param"] == "customer_update[name]"
    till.open_session(**asked, customer_update={"name": "auto"})


def test_every_published_type_of_tax_id_is_known() -> None:
    hint = get_type_hints(stripe.checkout.Session.CustomerDetails.TaxId)["type"]
    published = {name for arm in get_args(hint) for name in get_args(arm)}
    assert set(FORMATS) == published - {"unknown"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("in_gst", "12ABCDE3456FGZH"), ("eu_vat", "ATU12345678"), ("eu_vat", "FRAB123456789"),
        ("gb_vat", "GB123456789"), ("us_ein", "12-3456789"), ("ch_vat", "CHE-123.456.789 MWST"),
        ("br_cnpj", "01.234.456/5432-10"), ("ca_pst_bc", "PST-1234-5678"), ("jp_trn", "T1234567891234"),
        ("mx_rfc", "ABC010203AB9"), ("id_npwp", "012.345.678.9-012.345"), ("cl_tin", "12.345.678-K"),
    ],
)  # fmt: skip
def test_the_published_examples_of_tax_ids_fit_their_types(name: str, value: str) -> None:
    assert fits(name, value)
    assert not fits(name, value + "?")
    assert not fits(name, "")


WORDS = "Pay **soon**, see [our page](https://example.com/a?b=1&c=2) <script>alert(1)</script> \u202eevil"


def test_own_words_are_bold_and_linked_and_never_html(app: Flask, till: Till) -> None:
    texts = {place: {"message": WORDS} for place in ("submit", "after_submit", "shipping_address",
                                                     "terms_of_service_acceptance")}  # fmt: skip
    asked = {name: EVERYTHING[name] for name in ("consent_collection", "shipping_address_collection")}
    session = till.open_session(**asked, custom_text=texts)
    assert session["custom_text"] == texts
    seen = Buyer(app, session).open()
    assert "<script>alert" not in seen.html
    assert "\u202e" not in seen.html
    assert seen.html.count("<strong>soon</strong>") == 4
    assert seen.html.count("<bdi>Pay <strong>") == 4  # directions of their own
    assert seen.html.count('<a href="https://example.com/a?b=1&amp;c=2" target="_blank"') == 4
    assert seen.html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4


@pytest.mark.parametrize(("languages", "country"), [("en-US", "US"), ("de-AT", "AT"), ("fr-FR", None)])
def test_a_parcel_goes_home_where_the_shop_delivers_there(
    app: Flask, till: Till, languages: str, country: str | None
) -> None:
    asked = {"shipping_address_collection": {"allowed_countries": ["DE", "US", "AT"]}}
    buyer = Buyer(app, till.open_session(**asked), languages=languages)
    for _ in range(3):  # the third look is filled in
        assert buyer.open().values.get("shippingCountry") == country  # None: the first of the list


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//evil.example", "data:text/html,x", "/relative"]
)
def test_a_link_that_leads_off_the_web_stays_text(app: Flask, till: Till, address: str) -> None:
    message = f"[here]({address})"
    seen = Buyer(app, till.open_session(custom_text={"submit": {"message": message}})).open()
    assert message.replace("'", "&#39;") in seen.html
    assert f'href="{address}"' not in seen.html


def test_the_merchants_labels_are_escaped(app: Flask, till: Till) -> None:
    evil = "<img src=x onerror=alert(1)>"
    other = choice(options=[{"label": evil, "value": "S"}])["custom_fields"][0] | {"key": "other"}
    fields = [TEXT | {"label": {"type": "custom", "custom": evil}}, other]
    seen = Buyer(app, till.open_session(custom_fields=fields)).pay()
    assert evil not in seen.html
    assert "&lt;img src=x" in seen.html


def test_a_reuse_agreement_stands_there_unless_it_is_hidden(app: Flask, till: Till) -> None:
    jenny = till.post("/v1/customers", {"email": "jenny@example.com"})
    later = {"customer": jenny["id"], "payment_intent_data": {"setup_future_usage": "off_session"}}
    words = "you allow Rosie's Roses to charge"
    assert words.replace("'", "&#39;") in Buyer(app, till.open_session(**later)).open().html
    hidden = {"payment_method_reuse_agreement": {"position": "hidden"}}
    seen = Buyer(app, till.open_session(**later, consent_collection=hidden)).open()
    assert "you allow Rosie" not in seen.text
    assert "you allow Rosie" not in Buyer(app, till.open_session()).open().text


def test_a_payment_link_asks_the_same(app: Flask, till: Till) -> None:
    rose = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Rose"}}
    rate = till.post(
        "/v1/shipping_rates",
        {"display_name": "Post", "type": "fixed_amount", "fixed_amount": {"amount": 100, "currency": "eur"}},
    )
    link = till.post(
        "/v1/payment_links",
        {
            "line_items": [{"price_data": rose, "quantity": 1}],
            "shipping_options": [{"shipping_rate": rate["id"]}],
            "custom_text": {"submit": {"message": "Soon"}},
            **EVERYTHING,
        },
    )
    assert link["shipping_options"] == [{"shipping_amount": 100, "shipping_rate": rate["id"]}]
    assert "value" not in link["custom_fields"][0]["text"]
    assert link["consent_collection"]["terms_of_service"] == "required"
    code = link["url"].rpartition("/")[2]
    location = look(app.test_client().get(f"/b/{code}")).response.headers["Location"]
    session = till.get(f"/v1/checkout/sessions/{location.rpartition('/')[2]}")
    assert session["amount_total"] == 600
    assert Buyer(app, session).pay(**ANSWERS).status == 200
    paid = till.get(f"/v1/checkout/sessions/{session['id']}")
    assert paid["custom_fields"][0]["text"]["value"] == "For Mira"
    changed = till.post(
        f"/v1/payment_links/{link['id']}", {"custom_fields": "", "custom_text": {"submit": ""}}
    )
    assert (changed["custom_fields"], changed["custom_text"]["submit"]) == ([], None)


def test_a_payment_link_has_the_same_limits(till: Till) -> None:
    rose = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Rose"}}
    asked = {"line_items": [{"price_data": rose, "quantity": 1}], "custom_fields": [TEXT, TEXT]}
    none = dict.fromkeys(("mode", "success_url", "cancel_url"))
    error = error_of(till, {**none, **asked}, "/v1/payment_links")
    assert error["param"] == "custom_fields[1][key]"
