"""Amounts typed on the page: read exactly, by the language of the page and the money of its currency."""

import pytest
from flask import Flask
from werkzeug.datastructures import LanguageAccept

from checkout.locales import LOCALES, choose_locale
from checkout.typed_amounts import minor_of, typed_form
from kit.readable import format_amount
from tests.checkout.test_amounts_that_customers_choose import GIFT, opened, send, session_of
from tests.support.buyer import Buyer, Till


@pytest.mark.parametrize(
    ("language", "typed", "minor"),
    [
        ("en-IN", "75", 7500),
        ("en-IN", "€ 75.5", 7550),
        ("en-IN", "75,5", 7550),
        ("en-US", "75.50 EUR", 7550),
        ("en-IN", "Rs. 75", 7500),
        ("en-IN", "Rs.75.50", 7550),
        ("hi-IN", "\u0930\u0941. 75", 7500),
        ("da", "75,50 kr.", 7550),
        ("de-DE", "75,50 €", 7550),
        ("de-DE", "75.5", 7550),
        ("ar-EG", "\u0667\u0665\u066b\u0665", 7550),
        ("hi-IN", "\u096d\u096b", 7500),
        ("fr-FR", "0075,50", 7550),
    ],
)
def test_amounts_are_read_as_customers_write_them(
    app: Flask, till: Till, language: str, typed: str, minor: int
) -> None:
    session = opened(till)
    buyer = Buyer(app, session, languages=language)
    buyer.open()
    seen = send(buyer, typed)
    assert (seen.status, session_of(till, session)["amount_total"]) == (200, minor)
    again = send(buyer, seen.values["customUnitAmount"])  # what stands in the field means the same
    assert (again.status, session_of(till, session)["amount_total"]) == (200, minor)


@pytest.mark.parametrize("currency", ["aed", "bgn", "dkk", "eur", "inr", "jpy", "kwd"])
def test_what_the_page_itself_writes_can_be_typed_in_every_language(currency: str) -> None:
    for tag in sorted(LOCALES):
        locale = choose_locale(tag, LanguageAccept())
        for minor in (1000, 123400, 99_999_900):
            written = (format_amount(minor, currency, locale), typed_form(minor, currency, locale))
            read = [minor_of(text.strip(), currency, locale) for text in written]
            assert read == [minor, minor], (tag, written)


@pytest.mark.parametrize(
    ("place", "typed", "minor"),
    [
        (("de-DE", "eur"), "1.000", 100000),
        (("en-US", "eur"), "1,000", 100000),
        (("en-US", "eur"), "1.000", None),  # a thousandth of a cent, or a thousand: nobody knows
        (("en-IN", "inr"), "1,00,000", 10000000),
        (("fr-FR", "eur"), "1\u202f000,00", 100000),
        (("de-CH", "chf"), "1\u2019000.00", 100000),
        (("ja-JP", "jpy"), "1,000", 1000),
        (("ja-JP", "jpy"), "1000.0", None),
        (("en-US", "kwd"), "1.500", 1500),
        (("en-US", "kwd"), "1.505", None),  # the wire has no fils that are no multiple of ten
        (("en-US", "isk"), "100", 10000),
        (("en-US", "isk"), "100.50", None),
    ],
)
def test_groups_and_decimals_follow_language_and_currency(
    app: Flask, till: Till, place: tuple[str, str], typed: str, minor: int | None
) -> None:
    language, currency = place
    price = till.post("/v1/prices", GIFT | {"currency": currency, "custom_unit_amount": {"enabled": "true"}})
    session = opened(till, price["id"])
    buyer = Buyer(app, session, languages=language)
    buyer.open()
    seen = send(buyer, typed)
    assert seen.status == (422 if minor is None else 200)
    assert session_of(till, session)["amount_total"] == (session["amount_total"] if minor is None else minor)
