"""A cardholder with a browser of their own, who answers the issuer's challenge in the test's process."""

import html
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from bank_simulator.challenge_pages import PASSCODE, QUESTIONS
from bank_simulator.issuer import Limits
from tests.bank.support import SECRET, Caller, assert_the_books_agree

FULL_BALANCE = Limits().balance_minor
OPEN_SECONDS = 600
BACK = "https://florin.example/c/return/pay_1"
OTP, OUT_OF_BAND = "4000582600000045", "4000582600000094"
SINGLE_SELECT, MULTI_SELECT = "4000582600000102", "4000582600000110"
KINDS = {OTP: "otp", OUT_OF_BAND: "out_of_band", SINGLE_SELECT: "single_select", MULTI_SELECT: "multi_select"}
RIGHT: dict[str, dict[str, str | list[str]]] = {
    "otp": {"code": PASSCODE},
    "out_of_band": {"approve": "yes"},
    **{kind: {"choice": sorted(question.right)} for kind, question in QUESTIONS.items()},
}
WRONG: dict[str, dict[str, str | list[str]]] = {
    "otp": {"code": "111111"},
    "out_of_band": {"refuse": "yes"},
    "single_select": {"choice": "none"},
    "multi_select": {"choice": ["books", "games"]},
}


@dataclass
class Holder:
    """One browser at one challenge."""

    bank: Caller
    url: str
    client: FlaskClient = field(init=False)
    token: str = ""

    def __post_init__(self) -> None:
        self.client = self.bank.client()
        self.path = urlsplit(self.url).path

    def open(self, query: str = "") -> str:
        """The page as it is now; its form's token is kept."""
        response = self.client.get(self.path + query)
        assert response.status_code == 200, response.text
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', response.text)
        self.token = found[1] if found else self.token
        return response.text

    def send(self, **fields: str | list[str]) -> TestResponse:
        return self.client.post(self.path, data={"form_token": self.token, **fields})

    def answer(self, **fields: str | list[str]) -> TestResponse:
        self.open()
        return self.send(**fields)


def challenged(bank: Caller, number: str = OTP, reference: str = "pay_1", **more: object) -> Holder:
    """A payment that is left to its holder."""
    answer = bank.authorize(reference, number, return_url=BACK, **more)
    assert answer["outcome"] == "challenge_required", answer
    return Holder(bank, answer["challenge_url"])


def way_back(page: str) -> dict[str, str]:
    """What the bank says on the way back, once its signature was found to be right."""
    found = re.search(r'id="onward" href="([^"]+)"', page)
    assert found is not None, page
    address = html.unescape(found[1])
    assert address.startswith(f"{BACK}?token=")
    (token,) = parse_qs(urlsplit(address).query)["token"]
    said: dict[str, str] = URLSafeTimedSerializer(SECRET, salt="florin.return").loads(token, max_age=60)
    return said


def advance(bank: Caller, seconds: int) -> None:
    assert bank.post("/v1/clock", {"advance_seconds": seconds}).status_code == 200


def completions(bank: Caller) -> list[dict[str, Any]]:
    entries = bank.get("/v1/journal").get_json()["data"]
    return [entry for entry in entries if entry["kind"] == "completion"]


def assert_nothing_was_taken(bank: Caller) -> None:
    answer = bank.show("pay_1")
    assert (answer["captured_minor"], answer["authorization_code"]) == (0, None)
    assert_the_books_agree(bank.storage, FULL_BALANCE)
