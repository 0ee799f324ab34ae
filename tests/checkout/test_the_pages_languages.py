"""Each customer is spoken to in their language: words, direction, numerals, amounts, countries."""

import re
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.pofile import read_po
from flask import Flask
from werkzeug.datastructures import LanguageAccept

from checkout import i18n
from checkout.i18n import gettext, ngettext, number, percent, speaking
from checkout.locales import LOCALES, choose_locale
from tests.support.buyer import Buyer, Seen, Till

# Language -> its page's direction, the label of the card's number, the title of the order, a country.
PAGES = {
    "ar": ("rtl", "رقم البطاقة", "الدفع إلى", "ألمانيا"),
    "de": ("ltr", "Kartennummer", "Zahlung an", "Deutschland"),
    "en": ("ltr", "Card number", "Pay Rosie", "Germany"),
    "es": ("ltr", "Número de tarjeta", "Pagar a", "Alemania"),
    "fr": ("ltr", "Numéro de carte", "Payer Rosie", "Allemagne"),
    "he": ("rtl", "מספר כרטיס", "תשלום ל", "גרמניה"),
    "hi": ("ltr", "कार्ड नंबर", "को भुगतान", "जर्मनी"),
    "it": ("ltr", "Numero della carta", "Paga Rosie", "Germania"),
    "ja": ("ltr", "カード番号", "への支払い", "ドイツ"),
    "nl": ("ltr", "Kaartnummer", "Betalen aan", "Duitsland"),
    "pl": ("ltr", "Numer karty", "Zapłać", "Niemcy"),
    "pt": ("ltr", "Número do cartão", "Pagar a", "Alemanha"),
    "ru": ("ltr", "Номер карты", "Оплата", "Германия"),
    "tr": ("ltr", "Kart numaras\u0131", "ödemesi", "Almanya"),
    "zh": ("ltr", "卡号", "付款", "德国"),
}
ISOLATES = re.compile("[\u2068\u2069]")


def html_tag(seen: Seen) -> tuple[str, str]:
    given = next(given for tag, given in seen.tags if tag == "html")
    return given["lang"], given["dir"]


def plain(seen: Seen) -> str:
    return ISOLATES.sub("", seen.text).replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("language", sorted(PAGES))
def test_a_page_speaks_the_language_of_its_customers_browser(app: Flask, till: Till, language: str) -> None:
    direction, label, title, country = PAGES[language]
    seen = Buyer(app, till.open_session(locale="auto"), languages=f"{language},en;q=0.5").open()
    assert html_tag(seen) == (language, direction)
    for words in (label, title, country):
        assert words in plain(seen)
    if language != "en":
        for words in ("Card number", "Total due", "Security code", "Test mode"):
            assert words not in seen.text


@pytest.mark.parametrize(
    ("locale", "languages", "lang", "label"),
    [
        ("de", "en-IN", "de", "Kartennummer"),  # the merchant's choice comes first
        ("hi-IN", "en-IN", "hi", "कार्ड नंबर"),
        ("ar", "en-IN", "ar", "رقم البطاقة"),
        (None, "de-AT,en;q=0.5", "de-AT", "Kartennummer"),
        (None, "fr-CA", "fr-CA", "Numéro de carte"),
        (None, "pt-BR", "pt-BR", "CEP"),
        (None, "zh-CN", "zh", "卡号"),
        (None, "zh-TW", "zh-Hant-TW", "卡號"),
        (None, "zh-HK", "zh-Hant-HK", "卡號"),
        (None, "zh-Hant", "zh-Hant-TW", "卡號"),
        (None, "iw-IL", "he", "מספר כרטיס"),
        (None, "tlh,pl", "pl", "Numer karty"),  # the first that we know
    ],
)
def test_the_merchant_chooses_the_language_or_leaves_it_to_the_browser(
    till: Till, locale: str | None, languages: str, lang: str, label: str
) -> None:
    seen = Buyer(till.app, till.open_session(locale=locale), languages=languages).open()
    assert html_tag(seen)[0] == lang
    assert label in seen.text


@pytest.mark.parametrize(("locale", "total"), [("sv", "499,00 INR"), ("ko", "₹499.00"), ("vi", "499,00 ₹")])
def test_a_language_without_a_catalogue_shows_english_words_with_its_own_amounts(
    app: Flask, till: Till, locale: str, total: str
) -> None:
    seen = Buyer(app, till.open_session(locale=locale)).open()
    assert html_tag(seen) == ("en", "ltr")  # of the words: a voice that reads them aloud goes by it
    assert "Card number" in seen.text
    assert "Germany" in seen.text
    assert f"Pay {total}" in plain(seen)


@pytest.mark.parametrize(
    "languages", ["", "*", "x" * 5000, "../../etc/passwd", "de;q=x", "-", "\u00e9", "zh-Hant-" + "a" * 900]
)
def test_a_header_that_names_no_language_is_answered_in_some_language(
    app: Flask, till: Till, languages: str
) -> None:
    seen = Buyer(app, till.open_session(), languages=languages).open()
    assert seen.status == 200
    assert html_tag(seen)[0] in {"en", "de", "zh-Hant-TW", "zh"}


def test_requests_in_two_languages_never_mix(app: Flask, till: Till) -> None:
    german = Buyer(app, till.open_session(locale="de"))
    arab = Buyer(app, till.open_session(), languages="ar-EG")
    for _ in range(2):
        for buyer, lang, words, strange in (
            (german, "de", "Kartennummer", "رقم البطاقة"),
            (arab, "ar-EG", "رقم البطاقة", "Kartennummer"),
        ):
            seen = buyer.open()
            assert html_tag(seen)[0] == lang
            assert words in seen.text
            assert strange not in seen.html  # nor in the words of the script
    assert "Your payment page" not in german.open().text
    assert "We cannot find this payment page" in app.test_client().get("/c/pay/cs_test_no").text


def test_complaints_and_the_answer_of_the_bank_are_in_the_customers_language(app: Flask, till: Till) -> None:
    buyer = Buyer(app, till.open_session(locale="de"))
    empty = buyer.pay(cardNumber="", email="")
    assert "Geben Sie Ihre Kartennummer ein." in empty.text
    assert "Geben Sie Ihre E-Mail-Adresse ein." in empty.text
    declined = buyer.submit(cardNumber="4000000000009995")
    assert "Ihre Karte ist nicht ausreichend gedeckt." in declined.text
    assert "Es wurde kein Geld abgebucht." in declined.text
    assert "Zahlung eingegangen" in buyer.submit().text
    assert "Das ist bereits bezahlt" in buyer.open().text


def test_a_made_up_address_is_answered_in_the_browsers_language(app: Flask) -> None:
    answer = app.test_client().get("/c/pay/cs_test_no", headers={"Accept-Language": "he"})
    assert 'lang="he" dir="rtl"' in answer.text
    assert "איננו מוצאים את דף התשלום הזה" in answer.text


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("ar-EG", "\u0661\u066c\u0662\u0663\u0664"),
        ("ar-AE", "1,234"),
        ("ar", "1,234"),
        ("hi", "1,234"),
        ("de", "1.234"),
        ("fr", "1 234"),
        ("sv", "1 234"),
    ],
)
def test_numerals_are_those_of_the_locale(locale: str, written: str) -> None:
    with speaking(choose_locale(locale, LanguageAccept())):
        assert re.sub(r"[\xa0\u202f]", " ", number(1234)) == written


def test_an_egyptian_page_writes_quantity_and_amounts_in_its_numerals(app: Flask, till: Till) -> None:
    seen = Buyer(app, till.open_session(), languages="ar-EG").open()
    assert "\u0664\u0669\u0669\u066b\u0660\u0660" in seen.text
    assert "الكمية \u0664" in plain(seen)
    assert "499.00" not in seen.text


@pytest.mark.parametrize(
    ("locale", "days", "share"),
    [
        ("en", ["1 day", "2 days", "5 days"], "8.25%"),
        ("pl", ["1 dzień", "2 dni", "5 dni"], "8,25%"),
        ("ru", ["1 день", "2 дня", "5 дней"], "8,25 %"),
        ("ja", ["1日", "2日", "5日"], "8.25%"),
        ("ar", ["يوم واحد", "يومان", "5 أيام"], "8.25%"),
        ("ar-EG", ["يوم واحد", "يومان", "\u0665 أيام"], "\u0668\u066b\u0662\u0665\u066a"),
        ("fr", ["1 jour", "2 jours", "5 jours"], "8,25 %"),
    ],
)
def test_counted_words_and_percentages_follow_the_language(locale: str, days: list[str], share: str) -> None:
    with speaking(choose_locale(locale, LanguageAccept())):
        said = [ngettext("%(count)s day", "%(count)s days", count) for count in (1, 2, 5)]
        assert [ISOLATES.sub("", words) for words in said] == days
        written = re.sub(r"[\u200e\u061c]", "", percent("8.25"))
        assert re.sub(r"[\xa0\u202f]", " ", written) == share


def test_a_name_in_a_sentence_from_right_to_left_keeps_its_own_direction() -> None:
    with speaking(Locale("he")):
        assert (
            gettext("Return to %(merchant)s", merchant="Rosie's Roses") == "חזרה אל \u2068Rosie's Roses\u2069"
        )
    with speaking(Locale("de")):
        assert gettext("Return to %(merchant)s", merchant="Rosie's Roses") == "Zurück zu Rosie's Roses"


def test_every_language_of_ours_can_be_asked_for_by_a_browser() -> None:
    for path in i18n.TRANSLATIONS.glob(f"*/{i18n.FILE.as_posix()}"):
        name = path.parent.parent.name
        reached = [tag for tag in LOCALES if i18n.language_of(Locale.parse(tag, sep="-")).tag != "en"]
        assert any(Locale.parse(tag, sep="-").language == name.split("_")[0] for tag in reached)


def test_a_catalogue_is_read_once_for_all_locales_of_its_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads: list[Path] = []
    genuine = read_po

    def counted(file: object, **given: object) -> object:
        reads.append(Path())
        return genuine(file, **given)  # type: ignore[arg-type]

    i18n._read.cache_clear()
    i18n.language_of.cache_clear()
    monkeypatch.setattr(i18n, "read_po", counted)
    for tag in ("de", "de_AT", "de_CH", "de"):
        i18n.language_of(Locale.parse(tag))
    assert len(reads) == 1
