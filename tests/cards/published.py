"""Stripe's published table of test cards, and what each row has to mean to a merchant and to a buyer."""

import csv
from dataclasses import dataclass
from pathlib import Path

from tests.bank.test_every_test_card import RISK, THREE_D_SECURE

TABLE = Path(__file__).resolve().parents[1] / "bank" / "test_cards.csv"
CODE = {"amex": "1234"}

LOOKUP_FAILS = "4000008400001280"  # so nobody is asked to confirm
# Cards of 3-D Secure that are declined, once confirmed or because nobody could be asked.
DECLINED_ALL_THE_SAME = {
    "4000008260003178": "insufficient_funds",
    "4000008400001629": "generic_decline",
    LOOKUP_FAILS: "processing_error",
}


@dataclass(frozen=True)
class Row:
    """A card, and the `code` and `decline_code` of its refusal; no code where it pays.

    `challenged`: its holder has to confirm first, where they are there.
    """

    number: str
    token: str
    brand: str
    behaviour: str
    code: str | None
    decline_code: str | None
    challenged: bool = False

    @property
    def cvc(self) -> str:
        return CODE.get(self.brand, "123")

    @property
    def pays(self) -> bool:
        return self.code is None

    def fields(self) -> dict[str, object]:
        """The card as it is typed."""
        return {"number": self.number, "exp_month": 12, "exp_year": 2034, "cvc": self.cvc}


def _row(given: dict[str, str]) -> Row:
    code, decline_code = given["error_code"] or None, given["decline_code"] or None
    number = given["number"]
    if number in RISK and RISK[number][2]:  # blocked before it reaches the network
        code, decline_code = "card_declined", "fraudulent"
    if number in DECLINED_ALL_THE_SAME:
        code, decline_code = "card_declined", DECLINED_ALL_THE_SAME[number]
    asks = number in THREE_D_SECURE and not THREE_D_SECURE[number][0] and number != LOOKUP_FAILS
    return Row(number, given["token_suffix"], given["brand"], given["behaviour"], code, decline_code, asks)


ROWS = [_row(given) for given in csv.DictReader(TABLE.read_text("utf-8").splitlines())]
MISTYPED = [row for row in ROWS if row.behaviour == "invalid_number"]
KNOWN = [row for row in ROWS if row not in MISTYPED]
CHALLENGED = [row for row in KNOWN if row.challenged]
PAYING = [row for row in KNOWN if row.pays and not row.challenged]
REFUSED = [row for row in KNOWN if not row.pays and not row.challenged]


def name(row: Row) -> str:
    return f"{row.token or row.behaviour}-{row.number[-4:]}"


def with_token(rows: list[Row]) -> list[Row]:
    """The cards that `pm_card_` and `tok_` with their token stand for."""
    return [row for row in rows if row.token]
