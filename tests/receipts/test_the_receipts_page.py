"""The page of a receipt is for whoever was given its address, and tells the truth as it stands."""

import pytest
from flask import Flask

from payments.receipts import numbers
from tests.support.buyer import Buyer, Seen, Till, look
from tests.support.hosted_page import GOOD_CARD


def opened(app: Flask, url: str, language: str = "en") -> Seen:
    path = "/" + url.split("/", 3)[3]
    return look(app.test_client().get(path, headers={"Accept-Language": language}))


def charge_of(till: Till, session_id: str) -> dict[str, object]:
    return till.charges_of(session_id)[0]


@pytest.fixture
def paid(app: Flask, till: Till) -> dict[str, object]:
    session = till.open_session()
    Buyer(app, session).pay()
    return charge_of(till, session["id"])


def test_it_says_who_was_paid_for_what_and_with_what(app: Flask, paid: dict[str, object]) -> None:
    seen = opened(app, str(paid["receipt_url"]))
    assert seen.status == 200
    for words in (
        "Receipt",
        "Rosie's Roses",
        "₹499.00",
        "Marigold field guide",
        "Visa •••• 4242",
        "Test mode",
    ):
        assert words in seen.text, words
    assert GOOD_CARD not in seen.html
    assert seen.response.headers["Cache-Control"] == "no-store"
    assert "noindex" in seen.response.headers["X-Robots-Tag"]
    assert "script-src" not in seen.response.headers["Content-Security-Policy"]


def test_it_follows_the_refunds(app: Flask, till: Till, paid: dict[str, object]) -> None:
    url = str(paid["receipt_url"])
    till.post("/v1/refunds", {"charge": paid["id"], "amount": 900})
    seen = opened(app, url)
    assert "partially refunded" in seen.text
    assert "₹9.00" in seen.text
    assert "₹490.00" in seen.text
    till.post("/v1/refunds", {"charge": paid["id"]})
    assert "All of it has been refunded." in opened(app, url).text
    assert till.get(f"/v1/charges/{paid['id']}")["receipt_url"] == url


def test_it_is_written_in_the_readers_language(app: Flask, paid: dict[str, object]) -> None:
    assert "499,00" in opened(app, str(paid["receipt_url"]), "de").text


@pytest.mark.parametrize("change", ["other seal", "no seal", "other charge", "short", "unicode", "upper"])
def test_an_address_that_nobody_was_given_leads_nowhere(
    app: Flask, till: Till, paid: dict[str, object], change: str
) -> None:
    charge_id, url = str(paid["id"]), str(paid["receipt_url"])
    other = till.pay_with("visa")["latest_charge"]
    base = url.rpartition(charge_id)[0]
    wrong = {
        "other seal": f"{base}{charge_id}/{'A' * numbers.SEAL_LENGTH}",
        "no seal": f"{base}{charge_id}/-",
        "other charge": url.replace(charge_id, str(other)),
        "short": url[:-1],
        "unicode": url[:-1] + "é",
        "upper": url[:-2] + url[-2:].swapcase() + "x",
    }[change]
    seen = opened(app, wrong)
    assert seen.status == 404
    assert "cannot find this receipt" in seen.text


def test_what_was_not_taken_has_no_receipt(app: Flask, till: Till) -> None:
    held = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True,
            "payment_method_types": ["card"], "capture_method": "manual"}  # fmt: skip
    intent = till.post("/v1/payment_intents", held)
    charge = till.get(f"/v1/charges/{intent['latest_charge']}")
    assert charge["receipt_url"] is None
    with app.app_context():
        sealed = numbers.seal(charge["id"])
    assert opened(app, f"http://x/c/receipt/{charge['id']}/{sealed}").status == 404
