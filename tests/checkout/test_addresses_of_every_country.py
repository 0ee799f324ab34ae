"""What an address has to hold, country by country: what a carrier needs, for a card what issuers compare."""

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import LanguageAccept, MultiDict

from checkout import address_table, addresses
from checkout.countries import country_names
from checkout.forms import PaymentForm
from checkout.locales import choose_locale
from tests.support.asked import ADDRESS, ANSWERS, DELIVERY
from tests.support.buyer import Buyer, Till
from tests.support.hosted_page import TYPED

ENGLISH = choose_locale("en", LanguageAccept([]))
EVERYWHERE = tuple(sorted(country_names(ENGLISH)))
WHOLE = {"billing_address_collection": "required"}


def form_of(asks: dict[str, Any] | None = None, ships_to: tuple[str, ...] = (), **typed: str) -> PaymentForm:
    app = Flask("form")
    app.config.update(SECRET_KEY="form", WTF_CSRF_ENABLED=False)
    with app.test_request_context():
        form = PaymentForm(MultiDict(TYPED | ANSWERS | typed), ENGLISH, asks=asks, ships_to=ships_to)
        form.validate()
        return form


def delivered(country: str, **typed: str) -> dict[str, str]:
    given = {f"shipping{name}": text for name, text in typed.items()}
    form = form_of(None, EVERYWHERE, shippingCountry=country, **given)
    return {field.name: str(field.errors[0]) for field in form.delivery_fields() if field.errors}


@pytest.mark.parametrize(
    ("country", "typed"),
    [
        ("DE", {"PostalCode": "10117", "Locality": "Berlin", "AdministrativeArea": ""}),
        ("US", {"PostalCode": "94103-1234", "Locality": "San Francisco", "AdministrativeArea": "CA"}),
        ("GB", {"PostalCode": "sw1a 1aa", "Locality": "London", "AdministrativeArea": ""}),
        ("IN", {"PostalCode": "560 001", "Locality": "Bengaluru", "AdministrativeArea": "Karnataka"}),
        ("JP", {"PostalCode": "154-0023", "Locality": "", "AdministrativeArea": "東京都"}),
        ("SG", {"PostalCode": "408600", "Locality": "", "AdministrativeArea": ""}),
        ("HK", {"PostalCode": "", "Locality": "", "AdministrativeArea": "Kowloon"}),
        ("AE", {"PostalCode": "", "Locality": "Dubai", "AdministrativeArea": "Dubai"}),
        ("IE", {"PostalCode": "", "Locality": "Dublin", "AdministrativeArea": ""}),
        ("UG", {"PostalCode": "", "Locality": "Kampala", "AdministrativeArea": ""}),
        ("SE", {"PostalCode": "SE-114 55", "Locality": "Stockholm", "AdministrativeArea": ""}),
        ("LV", {"PostalCode": "1073", "Locality": "Riga", "AdministrativeArea": ""}),
    ],
)
def test_an_address_as_its_country_writes_it_is_taken(country: str, typed: dict[str, str]) -> None:
    assert delivered(country, **typed) == {}


@pytest.mark.parametrize(
    ("country", "lacking", "said"),
    [
        ("DE", "PostalCode", "Enter your postal code, for example 10117."),
        ("IN", "PostalCode", "Enter your postal code, for example 110001."),
        ("IN", "AdministrativeArea", "Enter the state or region."),
        ("US", "AdministrativeArea", "Enter the state or region."),
        ("DE", "Locality", "Enter the city or town."),
        ("HK", "AdministrativeArea", "Enter the state or region."),
    ],
)
def test_what_a_carrier_needs_has_to_be_given(country: str, lacking: str, said: str) -> None:
    good = {"PostalCode": addresses.parts_of(country).example, "Locality": "X", "AdministrativeArea": "Y"}
    assert delivered(country, **good) == {}
    assert delivered(country, **(good | {lacking: ""})) == {f"shipping{lacking}": said}


def test_a_postal_code_of_another_country_is_no_postal_code() -> None:
    said = delivered("DE", PostalCode="SW1A 1AA")["shippingPostalCode"]
    assert said == "Enter a full postal code, for example 10117."


@pytest.mark.parametrize("country", sorted(addresses.PARTS))
def test_every_country_takes_its_own_example(country: str) -> None:
    parts = addresses.PARTS[country]
    assert country in EVERYWHERE
    assert addresses.postal_code_problem(parts, parts.example) is None
    assert addresses.postal_code_problem(parts, parts.example.lower()) is None
    assert parts.example or not parts.needs_postal_code
    assert parts.has_region or not parts.needs_region


def test_the_tables_name_each_country_once() -> None:
    lists = [
        [line.split()[0] for line in address_table.POSTAL_CODES.strip().splitlines()],
        *(words.split() for words in (address_table.NEEDS_POSTAL_CODE, address_table.HAS_REGION,
                                      address_table.NEEDS_REGION, address_table.NEEDS_NO_CITY)),
    ]  # fmt: skip
    for names in lists:
        assert names == sorted(set(names))


def test_a_card_alone_asks_for_the_postal_code_where_issuers_compare_it() -> None:
    needed = {
        country
        for country in EVERYWHERE
        if form_of(billingCountry=country, billingPostalCode="").billing_postal_code.errors
    }
    assert needed == {"US", "CA", "GB"}
    assert not form_of(billingCountry="DE", billingPostalCode="1").billing_postal_code.errors


def test_a_whole_billing_address_is_held_to_its_countrys_rules() -> None:
    assert form_of(WHOLE, billingCountry="DE", billingPostalCode="").billing_postal_code.errors
    assert form_of(WHOLE, billingCountry="IN", billingPostalCode="560001").billing_state.errors
    assert not form_of(WHOLE, billingCountry="SG", billingPostalCode="408600", billingLocality="").errors


def test_a_town_that_a_country_does_not_need_is_null_where_it_is_empty(app: Flask, till: Till) -> None:
    session = till.open_session(**WHOLE)
    there = {"billingCountry": "SG", "billingPostalCode": "408600", "billingLocality": ""}
    assert Buyer(app, session).pay(**{**ADDRESS, **there}).status == 200
    details = till.get(f"/v1/checkout/sessions/{session['id']}")["customer_details"]
    assert (details["address"]["country"], details["address"]["city"]) == ("SG", None)
    (charge,) = till.charges_of(session["id"])
    assert charge["billing_details"]["address"]["city"] is None


def test_a_list_of_mistakes_says_whose_address_lacks_something(app: Flask, till: Till) -> None:
    session = till.open_session(**WHOLE, shipping_address_collection={"allowed_countries": ["DE", "IN"]})
    seen = Buyer(app, session).pay(**{**DELIVERY, "shippingAddressLine1": "", "billingAddressLine1": ""})
    named = re.findall(r'<li><a href="#(\w+)">([^<]*)</a>', seen.html)
    assert dict(named)["shippingAddressLine1"] == "Address (Delivery address)"
    assert dict(named)["billingAddressLine1"] == "Address (Billing address)"


def test_where_one_address_is_asked_its_fields_have_their_plain_names(app: Flask, till: Till) -> None:
    seen = Buyer(app, till.open_session(**WHOLE)).pay(billingAddressLine1="")
    assert 'href="#billingAddressLine1">Address</a>' in seen.html


def test_a_page_says_without_scripts_that_the_postal_code_may_stay_empty(app: Flask, till: Till) -> None:
    session = till.open_session()
    hints = {
        language: re.findall(
            r'id="billingPostalCode-hint">([^<]*)<', Buyer(app, session, languages=language).open().html
        )
        for language in ("en-US", "en-IN")
    }
    assert hints == {"en-US": [""], "en-IN": ["Optional"]}
