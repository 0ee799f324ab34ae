"""The bank's pages speak the language that the caller told of its customer, else that of their browser."""

import re
from gettext import NullTranslations
from typing import Any

import pytest
from babel import Locale

from bank_simulator import languages
from bank_simulator.languages import Language
from tests.bank.challenged import BACK, KINDS, MULTI_SELECT, OUT_OF_BAND, RIGHT, WRONG, Holder, challenged
from tests.bank.support import Caller, order

NET_BANKING = {"merchant_id": "acct_1", "amount_minor": 49900, "currency": "inr", "method": "x_netbanking"}


def page_of(holder: Holder, browser: str = "") -> str:
    return holder.client.get(holder.path, headers={"Accept-Language": browser}).text


def began(bank: Caller, method: str, reference: str = "pay_1", **more: Any) -> str:
    """The path of the page of a payment without a card."""
    body = NET_BANKING | {"method": method, "reference": reference, "return_url": BACK} | more
    answer = bank.post("/v1/payments", body).get_json()
    return str(answer["challenge_url"]).removeprefix("http://localhost")


def test_a_challenge_speaks_the_language_that_the_caller_told(bank: Caller) -> None:
    page = page_of(challenged(bank, browser_language="de-AT", descriptor="Rosie's Roses"), browser="fr")
    assert '<html lang="de" dir="ltr">' in page
    assert "Bestätigen Sie Ihre Zahlung" in page
    assert "20,00\xa0$" in page
    assert '<aside class="tester" lang="en" dir="ltr">' in page


@pytest.mark.parametrize(
    ("told", "browser", "tag"),
    [
        (None, "fr-CA,fr;q=0.9", "fr"),
        (None, "xx, he", "he"),
        (None, "iw", "he"),
        (None, "", "en"),
        (None, "x" * 5000, "en"),
        ("sv", "it", "it"),  # no catalogue: the browser may know better
        ("en-IN", "de", "en"),
        ("pt-BR", "", "pt-BR"),
        ("pt-PT", "", "pt"),
        ("zh-TW", "", "zh-Hant"),
        ("zh-Hant-HK", "", "zh-Hant"),
        ("zh-CN", "", "zh"),
    ],
)
def test_the_nearest_language_is_found(bank: Caller, told: str | None, browser: str, tag: str) -> None:
    more = {"browser_language": told} if told else {}
    assert f'<html lang="{tag}"' in page_of(challenged(bank, **more), browser)


def test_what_was_wrong_and_how_it_ended_is_said_in_the_same_language(bank: Caller) -> None:
    holder = challenged(bank, browser_language="pl")
    wrong = holder.answer(**WRONG["otp"]).text
    assert "To nie jest kod, który wysłaliśmy. Pozostały 2 próby." in wrong
    assert holder.send(**RIGHT["otp"]).status_code == 303
    assert "Dziękujemy" in holder.open("?done=")


def test_a_page_from_right_to_left_keeps_names_and_numbers_as_they_are(bank: Caller) -> None:
    page = page_of(challenged(bank, OUT_OF_BAND, browser_language="ar", descriptor="Rosie's <Roses>"))
    assert '<html lang="ar" dir="rtl">' in page
    assert "<bdi>Rosie&#39;s &lt;Roses&gt;</bdi>" in page
    assert "\u2068" in page
    assert '<bdi dir="ltr">Visa' in page


@pytest.mark.parametrize("told", ["", None])
def test_no_language_is_none(bank: Caller, told: str | None) -> None:
    assert '<html lang="en"' in page_of(challenged(bank, browser_language=told))


@pytest.mark.parametrize("told", ["d", "deutsch", "de_AT", "de-", "de\n", "'; --", 7, "a" * 40])
def test_what_is_no_language_is_refused(bank: Caller, told: object) -> None:
    for path, body in (
        ("/v1/authorizations", order("pay_1", browser_language=told)),
        ("/v1/payments", NET_BANKING | {"reference": "pay_2", "browser_language": told}),
    ):
        refused = bank.post(path, body)
        assert (refused.status_code, refused.get_json()["error"]["field"]) == (400, "browser_language")


def test_a_request_that_differs_in_its_language_alone_is_the_same_request(bank: Caller) -> None:
    first = challenged(bank, browser_language="de")
    assert challenged(bank, browser_language="fr").url == first.url
    assert '<html lang="de"' in page_of(first)


@pytest.mark.parametrize(
    ("method", "more", "said"),
    [
        ("x_netbanking", {}, "Wählen Sie Ihre Bank"),
        ("upi", {}, "Mit einer beliebigen UPI-App scannen"),
        ("amazon_pay", {"currency": "eur"}, "Wählen Sie eine Karte aus Ihrer Wallet"),
        ("klarna", {"currency": "eur"}, "in 30 Tagen"),
        ("ideal", {"currency": "eur"}, "Weiter zu Ihrer Bank"),
    ],
)
def test_the_pages_of_every_method_speak_it_too(
    bank: Caller, method: str, more: dict[str, str], said: str
) -> None:
    page = bank.client().get(began(bank, method, browser_language="de", **more)).text
    assert '<html lang="de"' in page
    assert said.lower() in page.lower()
    assert "499,00" in page


class Bracketed(NullTranslations):
    """Says everything in brackets."""

    def gettext(self, message: str) -> str:
        return f"[{message}]"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


# What is a name, or the same in all languages.
KNOWN = (
    "Piggy Bank", "Visa", "acct_1", "US", "Bookshop on the Corner", "Northern Airways", "Coffee &amp; Crumb",
    "Moonbeam Games", "Lotus Bank", "Monsoon Bank of India", "Banyan Co-operative Bank", "Marigold Bank",
    "Deccan People&#39;s Bank", "UPI", "Google Pay", "PhonePe", "Paytm", "Amazon Pay", "Mastercard", "Klarna",
    "November", "December", "January", "February",  # written by the locale
)  # fmt: skip


def unspoken(page: str) -> str:
    """What stands on a page outside of brackets, of testers' help and of known names."""
    seen = re.sub(r'<aside [^>]*lang="en".*?</aside>', "", page, flags=re.DOTALL)
    seen = re.sub(r'<[^>]*?(?:alt|title|aria-label)="([^"]*)"[^>]*>', r" \1 ", seen)
    seen = re.sub(r"<[^>]+>", " ", seen)
    while (bare := re.sub(r"\[[^\[\]]*\]", "", seen)) != seen:
        seen = bare
    for name in KNOWN:
        seen = seen.replace(name, "")
    return " ".join(re.findall(r"[^\W\d_]{2,}", seen))


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    language = Language("en", Locale.parse("en"), Bracketed())
    monkeypatch.setattr(languages, "language_of", lambda _name: language)


@pytest.mark.usefixtures("bracketed")
@pytest.mark.parametrize("number", KINDS, ids=KINDS.values())
@pytest.mark.parametrize("amount_minor", [2000, 0])
def test_no_word_of_a_challenge_is_left_in_english(bank: Caller, number: str, amount_minor: int) -> None:
    holder = challenged(bank, number, amount_minor=amount_minor, capture=amount_minor > 0)
    assert unspoken(holder.open()) == ""
    if number != OUT_OF_BAND:
        assert unspoken(holder.send(**WRONG[KINDS[number]]).text) == ""
    assert unspoken(holder.client.post(holder.path, data={}).text) == ""
    holder.send(cancel="yes")
    assert unspoken(holder.open("?done=")) == ""
    assert unspoken(bank.client().get("/challenge/x").text) == ""


@pytest.mark.usefixtures("bracketed")
@pytest.mark.parametrize("method", ["x_netbanking", "upi", "amazon_pay", "klarna"])
def test_no_word_of_a_methods_page_is_left_in_english(bank: Caller, method: str) -> None:
    currency = {"amazon_pay": "eur", "klarna": "eur"}.get(method, "inr")
    path, client = began(bank, method, currency=currency), bank.client()
    seen = client.get(path).text
    assert unspoken(seen) == ""
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', seen)
    assert unspoken(client.post(path, data={"do": "x"}).text) == ""
    for sent in (
        {"bank": "lotus_bank"}, {"customer": "1", "password": "wrong"}, {"customer": "1", "password": "x"},
        {"vpa": "x"}, {"vpa": "asha@bank"}, {"email": "a@b.c", "plan": "pay_now"}, {"do": "cancel"},
    ):  # fmt: skip
        form = {"form_token": token[1] if token else "", **sent}
        assert unspoken(client.post(path, data=form).text) == "", sent
        assert unspoken(client.get(path).text) == "", sent
    if method == "upi":
        assert unspoken(client.get(path.replace("/pay/", "/phone/")).text) == ""


def test_a_question_reads_in_the_language_of_whoever_is_asked(bank: Caller) -> None:
    german, japanese = (
        page_of(challenged(bank, MULTI_SELECT, f"pay_{tag}", browser_language=tag)) for tag in ("de", "ja")
    )
    assert "Welche dieser Zahlungen sind von Ihnen?" in german
    assert "お客様のお支払いはどれですか" in japanese
