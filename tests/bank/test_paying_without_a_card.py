"""Each method other than cards ends well, badly, later or by being abandoned, and always exactly once."""

import re
import secrets
from typing import Any

import pytest
from flask.testing import FlaskClient

from bank_simulator.methods import METHODS
from bank_simulator.methods.sepa_debit import passes_check
from tests.bank.support import Caller, answer_of, assert_the_books_agree

pytestmark = pytest.mark.slow

SHOP = "http://shop.test/c/return/att_1"
CURRENCIES = {"upi": "inr", "x_netbanking": "inr", "amazon_pay": "usd", "klarna": "eur", "ideal": "eur"}
GOOD_IBAN, REFUSED_IBAN = "DE89370400440532013000", "DE62370400440532013001"
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')

# Method -> what is sent from its pages, one after another, for each ending.
LOG_IN = {"customer": "4711", "password": "secret"}
STEPS: dict[str, dict[str, list[dict[str, str]]]] = {
    "approved": {
        "upi": [{"vpa": "success@upi"}],
        "x_netbanking": [{"bank": "lotus_bank"}, LOG_IN, {"account": "current", "do": "approve"}],
        "amazon_pay": [{"card": "4242", "do": "approve"}],
        "klarna": [{"plan": "pay_in_installments", "agree": "yes", "do": "approve"}],
        "ideal": [{"bank": "rabobank"}, LOG_IN, {"account": "current", "do": "approve"}],
    },
    "declined": {
        "upi": [{"vpa": "failure@upi"}],
        "x_netbanking": [{"bank": "lotus_bank"}, LOG_IN, {"account": "empty", "do": "approve"}],
        "amazon_pay": [{"card": "0002", "do": "approve"}],
        "klarna": [{"do": "cancel"}],
        "ideal": [{"bank": "rabobank"}, LOG_IN, {"do": "cancel"}],
    },
    "pending": {
        "upi": [{"vpa": "pending@upi"}],
        "x_netbanking": [{"bank": "lotus_bank"}, LOG_IN, {"account": "joint", "do": "approve"}],
        "amazon_pay": [{"card": "4444", "do": "approve"}],
        "klarna": [
            {"email": "jenny+pending@example.com", "plan": "pay_later", "agree": "yes", "do": "approve"}
        ],
        "ideal": [{"bank": "rabobank"}, LOG_IN, {"account": "joint", "do": "approve"}],
    },
}  # fmt: skip


def begin(bank: Caller, method: str, **overrides: Any) -> dict[str, Any]:
    details = {"klarna": {"email": "jenny@example.com", "country": "DE"}}.get(method, {})
    body = {
        "reference": f"att_{secrets.token_hex(8)}",
        "merchant_id": "acct_1",
        "amount_minor": 49900,
        "currency": CURRENCIES.get(method, "eur"),
        "method": method,
        "details": details,
        "return_url": SHOP,
        "descriptor": "Rosie's Roses",
        **overrides,
    }
    response = bank.post("/v1/payments", body)
    assert response.status_code == 200, response.text
    return answer_of(response)


def debit(bank: Caller, iban: str) -> dict[str, Any]:
    details = {"iban": iban, "name": "Jenny Rosen", "mandate": "accepted"}
    return begin(bank, "sepa_debit", details=details)


class Customer:
    """Someone with a browser at a payment's page."""

    def __init__(self, bank: Caller, answer: dict[str, Any]) -> None:
        self.client: FlaskClient = bank.app.test_client()
        self.path = answer["challenge_url"].removeprefix("http://localhost")

    def open(self, query: str = "") -> str:
        response = self.client.get(self.path + query)
        assert response.status_code == 200
        return response.text

    def send(self, **sent: str) -> str:
        token = TOKEN.search(self.open())
        data = {"form_token": token[1] if token else "", **sent}
        return self.client.post(self.path, data=data).text

    def on_the_phone(self, deed: str) -> str:
        path = self.path.replace("/pay/", "/phone/")
        token = TOKEN.search(self.client.get(path).text)
        return self.client.post(path, data={"form_token": token[1] if token else "", "do": deed}).text


def time_passes(bank: Caller, seconds: int) -> None:
    assert bank.post("/v1/clock", {"advance_seconds": seconds}).status_code == 200


def completions(bank: Caller, reference: str) -> list[dict[str, Any]]:
    rows = answer_of(bank.get("/v1/journal?limit=500"))["data"]
    return [row for row in rows if row["reference"] == f"{reference}_completion"]


@pytest.mark.parametrize("method", list(CURRENCIES))
@pytest.mark.parametrize("ending", ["approved", "declined"])
def test_the_customer_ends_it_on_the_page(either_bank: Caller, method: str, ending: str) -> None:
    asked = begin(either_bank, method)
    assert asked["outcome"] == "challenge_required"
    customer = Customer(either_bank, asked)
    for sent in STEPS[ending][method]:
        customer.send(**sent)
    time_passes(either_bank, 2)
    stands = either_bank.show(asked["reference"])
    assert stands["outcome"] == ending
    assert stands["captured_minor"] == (49900 if ending == "approved" else 0)
    assert [row["outcome"] for row in completions(either_bank, asked["reference"])] == [ending]
    assert "att_1?token=" in customer.open()
    assert_the_books_agree(either_bank.storage, either_bank.settings.limits.balance_minor)


@pytest.mark.parametrize("method", list(CURRENCIES))
def test_it_stays_open_when_the_end_comes_later(bank: Caller, method: str) -> None:
    asked = begin(bank, method, details={})
    customer = Customer(bank, asked)
    if method == "klarna":
        customer.send(email="jenny+pending@example.com")
    for sent in STEPS["pending"][method]:
        customer.send(**sent)
    assert bank.show(asked["reference"])["outcome"] == "pending"
    assert completions(bank, asked["reference"]) == []
    if method == "upi":
        assert "Paid ₹499.00" in customer.on_the_phone("approve")
    else:
        time_passes(bank, 25 * 3600)
    assert bank.show(asked["reference"])["outcome"] == "approved"
    assert len(completions(bank, asked["reference"])) == 1


@pytest.mark.parametrize("method", list(CURRENCIES))
def test_what_the_customer_abandons_is_declined_when_its_time_is_over(bank: Caller, method: str) -> None:
    asked = begin(bank, method)
    time_passes(bank, METHODS[method].open_seconds + 1)
    stands = bank.show(asked["reference"])
    assert (stands["outcome"], stands["decline"]["code"]) == (
        "declined",
        "payment_intent_payment_attempt_expired",
    )
    customer = Customer(bank, asked)
    assert "Not paid" in customer.open()
    customer.send(do="approve", card="4242")
    assert bank.show(asked["reference"])["outcome"] == "declined"


def test_a_debit_is_pending_until_days_have_passed(either_bank: Caller) -> None:
    good, bad = debit(either_bank, GOOD_IBAN), debit(either_bank, REFUSED_IBAN)
    assert good["outcome"] == bad["outcome"] == "pending"
    assert good["method"]["last4"] == "3000"
    assert good["method"]["bank_code"] == "37040044"
    assert "SEPA Direct Debit mandate" in Customer(either_bank, good).open()
    time_passes(either_bank, 4 * 86_400)
    assert either_bank.show(good["reference"])["outcome"] == "pending"
    time_passes(either_bank, 86_400)
    assert either_bank.show(good["reference"])["outcome"] == "approved"
    refused = either_bank.show(bad["reference"])
    assert (refused["outcome"], refused["decline"]["code"]) == ("declined", "debit_not_authorized")
    assert_the_books_agree(either_bank.storage, either_bank.settings.limits.balance_minor)


@pytest.mark.parametrize(
    ("iban", "code"),
    [
        ("DE65370400440000343434", "charge_exceeds_source_limit"),
        ("DE27370400440000121212", "charge_exceeds_transaction_limit"),
        ("DE65370400440002222227", "insufficient_funds"),
        ("FR7920041010050500013M02600", "debit_not_authorized"),
        ("AT611904300234573201", None),
        ("IT60X0542811101000000123456", "debit_not_authorized"),
    ],
)
def test_a_test_account_ends_as_stripe_says(bank: Caller, iban: str, code: str | None) -> None:
    asked = debit(bank, iban)
    time_passes(bank, 8 * 86_400)
    decline = bank.show(asked["reference"])["decline"]
    assert (decline and decline["code"]) == code


def test_no_account_number_is_kept_in_clear(bank: Caller) -> None:
    debit(bank, GOOD_IBAN)
    path = str(bank.storage.engine.url.database)
    for suffix in ("", "-wal"):
        with open(path + suffix, "rb") as file:  # noqa: PTH123 - two files of one database
            assert GOOD_IBAN.encode() not in file.read()


def test_the_same_reference_gets_the_same_answer(either_bank: Caller) -> None:
    first = begin(either_bank, "ideal", reference="att_same")
    Customer(either_bank, first).send(do="cancel")
    assert begin(either_bank, "ideal", reference="att_same") == first
    other = {"reference": "att_same", "merchant_id": "acct_1", "amount_minor": 1, "currency": "eur"}
    assert either_bank.post("/v1/payments", {**other, "method": "ideal"}).status_code == 409


def test_two_windows_pay_once(either_bank: Caller) -> None:
    asked = begin(either_bank, "amazon_pay")
    windows = [Customer(either_bank, asked) for _ in range(2)]
    tokens = [TOKEN.search(window.open()) for window in windows]
    for window, token in zip(windows, tokens, strict=True):
        assert token
        data = {"form_token": token[1], "card": "4242", "do": "approve"}
        assert "Payment approved" in window.client.post(window.path, data=data).text
    assert len(completions(either_bank, asked["reference"])) == 1


def test_a_void_keeps_a_payment_from_ever_being_approved(either_bank: Caller) -> None:
    asked, collected = begin(either_bank, "upi"), debit(either_bank, GOOD_IBAN)
    customer = Customer(either_bank, asked)
    for reference in (asked["reference"], collected["reference"]):
        assert either_bank.void(reference, f"{reference}_void")["outcome"] == "voided"
    assert "Withdrawn" in customer.on_the_phone("approve")
    time_passes(either_bank, 40 * 86_400)
    for reference in (asked["reference"], collected["reference"]):
        assert either_bank.show(reference)["outcome"] == "voided"
        assert completions(either_bank, reference) == []


def test_a_void_that_comes_first_buries_the_payment(bank: Caller) -> None:
    bank.void("att_early", "att_early_void")
    answer = begin(bank, "ideal", reference="att_early")
    assert (answer["outcome"], answer["decline"]["code"]) == ("declined", "processing_error")


def test_an_approved_payment_is_refunded_to_where_it_came_from(either_bank: Caller) -> None:
    asked = begin(either_bank, "amazon_pay")
    Customer(either_bank, asked).send(card="4242", do="approve")
    assert either_bank.refund(asked["reference"], "ref_1", 10000)["outcome"] == "approved"
    assert either_bank.show(asked["reference"])["refunded_minor"] == 10000
    assert_the_books_agree(either_bank.storage, either_bank.settings.limits.balance_minor)


def test_a_form_of_another_browser_is_not_taken(bank: Caller) -> None:
    asked = begin(bank, "amazon_pay")
    stranger = bank.app.test_client()
    path = Customer(bank, asked).path
    assert "open for too long" in stranger.post(path, data={"card": "4242", "do": "approve"}).text
    assert bank.show(asked["reference"])["outcome"] == "challenge_required"


def test_a_method_takes_its_own_currencies_only(bank: Caller) -> None:
    body = {"reference": "att_usd", "merchant_id": "acct_1", "amount_minor": 100, "currency": "usd"}
    refused = bank.post("/v1/payments", {**body, "method": "upi"})
    assert refused.status_code == 400
    assert answer_of(refused)["error"]["field"] == "currency"


def test_what_is_no_account_number_is_refused() -> None:
    for iban in ("DE89370400440532013001", "", "DE89", "Ä9370400440532013000"):
        assert not passes_check(iban)


def test_the_qr_code_holds_a_valid_upi_address(bank: Caller) -> None:
    asked = begin(bank, "upi", amount_minor=49950)
    customer = Customer(bank, asked)
    found = re.search(r'id="intent" href="([^"]+)"', customer.open())
    assert found
    uri = found[1].replace("&amp;", "&")
    assert uri == (
        "upi://pay?pa=rosiesroses.piggybank@piggybank&pn=Rosie%27s%20Roses"
        f"&tr={asked['reference'][:35]}&am=499.50&cu=INR"
    )
    for kind, begins in (("svg", b"<?xml"), ("png", b"\x89PNG")):
        picture = customer.client.get(f"{customer.path}/qr.{kind}")
        assert picture.status_code == 200
        assert picture.data.startswith(begins)


def test_nobody_else_finds_a_page(bank: Caller) -> None:
    begin(bank, "upi")
    for path in ("/pay/guess", "/phone/guess", "/pay/guess/qr.svg"):
        assert bank.app.test_client().get(path).status_code == 404


def test_what_was_paid_is_cleared_like_any_capture(either_bank: Caller) -> None:
    asked = begin(either_bank, "amazon_pay")
    Customer(either_bank, asked).send(card="4242", do="approve")
    collected = debit(either_bank, GOOD_IBAN)
    time_passes(either_bank, 5 * 86_400)
    time_passes(either_bank, 86_400)
    settled = answer_of(either_bank.get("/v1/settlements"))["data"]
    files = "".join(either_bank.get(f"/v1/settlements/{one['id']}/file").text for one in settled)
    for reference in (asked["reference"], collected["reference"]):
        assert files.count(f"capture,{reference},") == 1
