"""Each bank has rules of its own: of which cards it takes payments, in what money, and how much."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bank_simulator.config import read_settings
from tests.bank.support import Caller, sqlite_in

DINERS, JCB = "3056930009020004", "3566002020360505"


@pytest.fixture
def cuckoo(tmp_path: Path) -> Iterator[Caller]:
    caller = Caller(sqlite_in(tmp_path), name="cuckoo_bank")
    yield caller
    caller.close()


@pytest.mark.parametrize(
    ("number", "currency", "amount_minor", "decline_code"),
    [
        (DINERS, "usd", 2000, "card_not_supported"),
        (JCB, "jpy", 2000, "card_not_supported"),
        ("4242424242424242", "sek", 2000, "currency_not_supported"),
        ("4242424242424242", "usd", 1_000_001, "invalid_amount"),
    ],
)
def test_cuckoo_bank_declines_what_it_does_not_take(
    cuckoo: Caller, number: str, currency: str, amount_minor: int, decline_code: str
) -> None:
    answer = cuckoo.pay_with(number, currency=currency, amount_minor=amount_minor)
    assert answer["outcome"] == "declined"
    assert (answer["decline"]["code"], answer["decline"]["decline_code"]) == ("card_declined", decline_code)


@pytest.mark.parametrize(("currency", "amount_minor"), [("usd", 1_000_000), ("jpy", 1), ("eur", 2000)])
def test_cuckoo_bank_takes_the_rest(cuckoo: Caller, currency: str, amount_minor: int) -> None:
    assert (
        cuckoo.pay_with("4242424242424242", currency=currency, amount_minor=amount_minor)["outcome"]
        == "approved"
    )


def test_piggy_bank_takes_all_of_it(bank: Caller) -> None:
    for number, currency in ((DINERS, "usd"), (JCB, "jpy"), ("4242424242424242", "sek")):
        assert bank.pay_with(number, currency=currency, amount_minor=5_000_000)["outcome"] == "approved"


def test_a_house_has_a_velocity_of_its_own_that_a_setting_stands_above(tmp_path: Path) -> None:
    given = {"DATA_DIR": str(tmp_path), "BANK_NAME": "cuckoo_bank"}
    assert read_settings(given).limits.velocity_count == 10_000
    assert read_settings({**given, "BANK_VELOCITY_COUNT": "3"}).limits.velocity_count == 3
    assert read_settings({"DATA_DIR": str(tmp_path)}).limits.velocity_count == 1_000_000
