"""Amounts in the buyer's locale: the currency's own decimals, the locale's signs, nothing lost."""

import pytest
from babel import Locale
from werkzeug.datastructures import LanguageAccept

from checkout.countries import country_choices, home_country
from checkout.locales import choose_locale
from checkout.presentation import button_words
from kit import money
from kit.readable import format_amount


def accept(*tags: str) -> LanguageAccept:
    return LanguageAccept([(tag, 1.0 - place / 10) for place, tag in enumerate(tags)])


def written(amount_minor: int, currency: str, locale: str) -> str:
    return (
        format_amount(amount_minor, currency, Locale.parse(locale, sep="-"))
        .replace("\xa0", " ")
        .replace("\u202f", " ")
    )


@pytest.mark.parametrize(
    ("amount_minor", "currency", "locale", "reads"),
    [
        (49900, "inr", "en", "₹499.00"),
        (12345678, "inr", "en-IN", "₹1,23,456.78"),
        (49900, "inr", "fr", "499,00 ₹"),
        (123456, "eur", "de", "1.234,56 €"),
        (500, "jpy", "en", "¥500"),
        (500, "jpy", "ja", "￥500"),
        (1499990, "kwd", "en", "KWD1,499.990"),
        (50000, "isk", "en", "ISK500"),
        (50000, "ugx", "en", "UGX500"),
        (12345, "lak", "en", "LAK123.45"),
        (499, "usd", "en", "$4.99"),
        (50, "usd", "es", "0,50 US$"),
        (49900, "inr", "hi", "₹499.00"),
        (49900, "inr", "he", "\u200f499.00 \u200f₹"),
        (-4990, "inr", "he", "\u200f\u200e-49.90 \u200f₹"),  # the marks keep the minus before the number
        (123456, "egp", "ar-EG", "\u200f\u0661\u066c\u0662\u0663\u0664\u066b\u0665\u0666 ج.م.\u200f"),
        (123456, "aed", "ar-AE", "\u200f1,234.56 د.إ.\u200f"),
    ],
)
def test_an_amount_reads_as_its_locale_and_currency_want(
    amount_minor: int, currency: str, locale: str, reads: str
) -> None:
    assert written(amount_minor, currency, locale).replace("\u00a0", " ") == reads


@pytest.mark.parametrize("currency", sorted(money.CURRENCIES))
def test_no_minor_unit_of_any_currency_is_lost_on_the_page(currency: str) -> None:
    step = money.CURRENCIES[currency].step_minor
    smallest, next_one = (format_amount(amount, currency, Locale("en")) for amount in (step, 2 * step))
    assert smallest != next_one


@pytest.mark.parametrize(
    ("wanted", "accepted", "chosen"),
    [
        ("auto", ("en-IN", "hi"), "en_IN"),
        (None, ("de-LI",), "de"),
        (None, ("tlh", "pt-BR"), "pt_BR"),
        (None, (), "en"),
        (None, ("*",), "en"),
        (None, ("../../etc/passwd", "-", "_", "x" * 5000), "en"),
        ("fr-CA", ("en-US",), "fr_CA"),
        ("zh-HK", (), "zh_Hant_HK"),
        ("klingon", ("en-US",), "en"),
    ],
)
def test_the_merchant_chooses_the_locale_or_leaves_it_to_the_browser(
    wanted: str | None, accepted: tuple[str, ...], chosen: str
) -> None:
    assert str(choose_locale(wanted, accept(*accepted))) == chosen


@pytest.mark.parametrize(
    ("locale", "accepted", "country"),
    [
        ("en", ("en-US",), "US"),
        ("en", ("en-IN",), "IN"),
        ("fr", (), "FR"),
        ("en-GB", (), "GB"),
        ("ja", (), "JP"),
        ("en", ("en-ZZ",), "US"),
        ("es-419", (), "ES"),
    ],
)
def test_the_country_most_likely_is_chosen_beforehand(
    locale: str, accepted: tuple[str, ...], country: str
) -> None:
    assert home_country(Locale.parse(locale, sep="-"), accept(*accepted)) == country


def test_every_iso_country_can_be_chosen_in_the_buyers_language() -> None:
    french = dict(country_choices(Locale("fr")))
    assert len(french) == 250  # the 249 of ISO 3166-1, and Kosovo
    assert french["DE"] == "Allemagne"
    assert {"IN", "US", "GB", "CA", "XK"} <= set(french)


@pytest.mark.parametrize(
    ("submit_type", "says"),
    [
        (None, "Pay ₹499.00"),
        ("auto", "Pay ₹499.00"),
        ("pay", "Pay ₹499.00"),
        ("book", "Book"),
        ("donate", "Donate"),
        ("subscribe", "Subscribe"),
    ],
)
def test_the_button_says_what_it_does(submit_type: str | None, says: str) -> None:
    assert button_words(submit_type, "₹499.00") == says
