"""What the buyer may type, and what each field says when it cannot be used."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import LanguageAccept, MultiDict

from bank_simulator.cards import TABLE
from checkout.forms import PaymentForm
from checkout.locales import choose_locale
from payments.charging.card_brands import brand_of, passes_luhn

GOOD = {
    "email": "asha@example.com",
    "cardNumber": "4242 4242 4242 4242",
    "cardExpiry": "04 / 30",
    "cardCvc": "123",
    "billingName": "Asha Rao",
    "billingCountry": "IN",
    "billingPostalCode": "560001",
}
ENGLISH = choose_locale("en", LanguageAccept([]))


@pytest.fixture(autouse=True)
def november_2026() -> Iterator[None]:
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False):
        yield


def errors_of(**typed: Any) -> dict[str, str]:
    app = Flask("form")
    app.config.update(SECRET_KEY="form", WTF_CSRF_ENABLED=False)
    with app.test_request_context():
        form = PaymentForm(MultiDict(GOOD | typed), ENGLISH)
        form.validate()
        return {field.name: str(field.errors[0]) for field in form.fields() if field.errors}


def error_of(field: str, text: str, **rest: str) -> str | None:
    return errors_of(**{field: text}, **rest).get(field)


def test_a_filled_form_is_taken() -> None:
    assert errors_of() == {}


def test_an_empty_form_says_what_each_field_needs() -> None:
    empty = errors_of(**dict.fromkeys(GOOD, ""))
    assert set(empty) == set(GOOD) - {"billingPostalCode"}
    assert all(said.startswith(("Enter", "Choose")) for said in empty.values())


@pytest.mark.parametrize(
    "card", [card for card in TABLE if passes_luhn(card.number)], ids=lambda card: card.number
)
def test_every_published_test_card_with_a_right_check_digit_is_taken(card: Any) -> None:
    cvc = "1234" if card.brand == "amex" else "123"
    assert errors_of(cardNumber=card.number, cardCvc=cvc) == {}
    assert brand_of(card.number).name == card.brand  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("4242424242424241", "Your card number is invalid."),
        ("4242 4242 4242", "Your card number is incomplete."),
        ("42", "Your card number is incomplete."),
        ("4242424242424242424", "Your card number is invalid."),
        ("4242 4242 4242 424x", "Your card number is invalid."),
        ("٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "Your card number is invalid."),
        ("\uff19" * 16, "Your card number is invalid."),
        ("1" * 500, "Your card number is invalid."),
        ("9999 9999 9999 9995", "Your card is not supported. Please use a card of another brand."),
        ("   ", "Enter your card number."),
    ],
)
def test_a_wrong_card_number_is_named(number: str, said: str) -> None:
    assert error_of("cardNumber", number) == said


@pytest.mark.parametrize("number", ["4242424242424242", "4242-4242-4242-4242", " 4242\u00a04242 4242 4242 "])
def test_a_card_number_may_be_typed_with_spaces_and_dashes(number: str) -> None:
    assert error_of("cardNumber", number) is None


@pytest.mark.parametrize(
    "text", ["04/30", "4/30", "0430", "04 / 30", "04-30", "04/2030", "042030", "04 2030", "11/26", "12/76"]
)
def test_a_date_may_be_typed_as_people_do(text: str) -> None:
    assert error_of("cardExpiry", text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10/26", "Your card's expiration date is in the past."),
        ("12/2025", "Your card's expiration date is in the past."),
        ("13/30", "Your card's expiration month is invalid."),
        ("00/30", "Your card's expiration month is invalid."),
        ("04/95", "Your card's expiration year is invalid."),
        ("04/9999", "Your card's expiration year is invalid."),
        ("04", "Your card's expiration date is incomplete."),
        ("430", "Your card's expiration date is incomplete."),
        ("04/3", "Your card's expiration date is incomplete."),
        ("April 2030", "Your card's expiration date is incomplete."),
        ("٠٤/٣٠", "Your card's expiration date is incomplete."),
        ("", "Enter your card's expiration date."),
    ],
)
def test_a_wrong_date_is_named(text: str, said: str) -> None:
    assert error_of("cardExpiry", text) == said


@pytest.mark.parametrize(
    ("cvc", "number", "said"),
    [
        ("99", "4242424242424242", "Your card's security code is incomplete."),
        ("1234", "4242424242424242", "Your card's security code is invalid."),
        ("123", "378282246310005", "Your card's security code is incomplete."),
        ("1234", "378282246310005", None),
        ("12a", "4242424242424242", "Your card's security code is invalid."),
        ("\uff11\uff12\uff13", "4242424242424242", "Your card's security code is invalid."),
        ("", "4242424242424242", "Enter your card's security code."),
    ],
)
def test_the_security_code_has_the_length_of_its_brand(cvc: str, number: str, said: str | None) -> None:
    assert error_of("cardCvc", cvc, cardNumber=number) == said


@pytest.mark.parametrize(
    "email", ["asha@example.com", "o'neil+florin@sub.example.co.in", "jörg@bücher.example", "a@b.test"]
)
def test_an_ordinary_address_is_taken(email: str) -> None:
    assert error_of("email", email) is None


@pytest.mark.parametrize(
    "email",
    [
        "asha",
        "asha@",
        "@example.com",
        "a b@example.com",
        "asha@example",
        "a@-example.com",
        "a@b..com",
        "a\x00@b.com",
        "x" * 300 + "@example.com",
        "a@b.com\nbcc: c@d.com",
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    assert error_of("email", email) == "Your email is invalid. Check that it looks like name@example.com."


@pytest.mark.parametrize("name", ["Asha Rao", "José María", "श्रीमती क्‍ष", "李小龍", "O'Neil, Jr."])
def test_names_of_every_script_are_taken(name: str) -> None:
    assert error_of("billingName", name) is None


@pytest.mark.parametrize("name", ["4242424242424242", "Asha 4242 4242-4242 4242"])
def test_a_card_number_in_the_name_field_is_refused_so_that_it_is_never_stored(name: str) -> None:
    assert "looks like a card number" in (error_of("billingName", name) or "")


@pytest.mark.parametrize("name", ["Asha\x00Rao", "Asha\u202eoaR", "Asha\nRao"])
def test_control_characters_have_no_place_in_a_name(name: str) -> None:
    assert error_of("billingName", name) == "This contains characters that cannot be used here."


@pytest.mark.parametrize(
    ("country", "postal_code", "good"),
    [
        ("US", "94103", True),
        ("US", "94103-1234", True),
        ("US", "9410", False),
        ("US", "", False),
        ("GB", "SW1A 1AA", True),
        ("GB", "sw1a1aa", True),
        ("GB", "12345", False),
        ("GB", "", False),
        ("CA", "K1A 0B1", True),
        ("CA", "k1a0b1", True),
        ("CA", "K1A", False),
        ("CA", "", False),
        ("IN", "560001", True),
        ("IN", "", True),
        ("AE", "", True),
        ("NL", "1012 AB", True),
        ("DE", "<b>", False),
        ("US", "\uff19\uff14\uff11\uff10\uff13", False),
    ],
)
def test_the_postal_code_is_needed_where_the_address_check_uses_it(
    country: str, postal_code: str, good: bool
) -> None:
    said = error_of("billingPostalCode", postal_code, billingCountry=country)
    assert (said is None) is good


@pytest.mark.parametrize("country", ["", "ZZ", "EU", "in", "India"])
def test_only_a_listed_country_is_taken(country: str) -> None:
    assert error_of("billingCountry", country) == "Choose your country or region."


@given(st.sampled_from(sorted(GOOD)), st.text(max_size=200))
def test_no_text_in_any_field_breaks_the_form(field: str, text: str) -> None:
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False):
        assert set(errors_of(**{field: text})) <= set(GOOD)


@pytest.mark.parametrize("field", ["email", "billingName", "billingPostalCode"])
@pytest.mark.parametrize(
    "number", ["4242424242424242", "4242 4242 4242 4242", "3782-822463-10005", "4242424242424242@b.test"]
)
def test_a_card_number_in_any_other_field_is_refused(field: str, number: str) -> None:
    said = error_of(field, number)
    assert said is not None
    assert said.startswith("This looks like a card number.")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("6759000000000001", "Your card is not supported. Please use a card of another brand."),
        ("2200000000000000", "Your card is not supported. Please use a card of another brand."),
        ("4011780000000000", "Your card is not supported. Please use a card of another brand."),
    ],
    ids=["Maestro", "Mir", "Elo"],
)
def test_a_card_of_a_scheme_that_nobody_here_takes_is_said_to_be_one(number: str, said: str) -> None:
    assert error_of("cardNumber", number) == said
