"""Clearing and settlement at the bank: every movement once, priced, totalled and never changed again."""

import csv
import hashlib
import io
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from bank_simulator.pricing import Price, fees_of, region_of
from bank_simulator.rates import convert
from tests.bank.support import Caller

DAY = 24 * 3600
FRENCH = "4000002500001001"
DEBIT = "4000056655665556"


def end_the_day(bank: Caller) -> None:
    assert bank.post("/v1/clock", {"advance_seconds": DAY}).status_code == 200


def settlements(bank: Caller) -> list[dict[str, Any]]:
    answer: dict[str, Any] = bank.get("/v1/settlements").get_json()
    return list(answer["data"])


def file_of(bank: Caller, settlement: dict[str, Any]) -> list[list[str]]:
    """The file's rows, once its hash, size and totals have been found right."""
    response = bank.get(f"/v1/settlements/{settlement['id']}/file")
    assert response.status_code == 200
    body = response.get_data()
    assert len(body) == settlement["size_bytes"] == response.content_length
    head, _, last = body.rstrip(b"\n").rpartition(b"\n")
    assert last == b"S," + hashlib.sha256(head + b"\n").hexdigest().encode()
    assert last.decode()[2:] == settlement["sha256"]
    return list(csv.reader(io.StringIO(body.decode())))


def lines_of(rows: list[list[str]]) -> list[dict[str, str]]:
    names = ["type", *rows[1][1:]]
    return [dict(zip(names, row, strict=True)) for row in rows if row[0] == "L"]


def test_every_movement_of_a_day_is_cleared_once(either_bank: Caller) -> None:
    bank = either_bank
    bank.authorize("paid_at_once", amount_minor=2000)
    bank.authorize("held", capture=False, amount_minor=5000)
    bank.authorize("declined", "4000000000000002")
    bank.authorize("captured_later", capture=False, amount_minor=3000)
    bank.capture("captured_later", "its_capture", 2500)
    bank.refund("paid_at_once", "its_refund", 700)
    bank.refund("paid_at_once", "too_much", 1_301)
    bank.authorize("in_euro", FRENCH, currency="eur", amount_minor=999)
    assert settlements(bank) == []
    end_the_day(bank)
    closed = settlements(bank)
    by_currency = {settlement["currency"]: settlement for settlement in closed}
    assert set(by_currency) == {"usd", "eur"}
    lines = lines_of(file_of(bank, by_currency["usd"]))
    assert [(line["kind"], line["reference"], line["gross_minor"]) for line in lines] == [
        ("capture", "paid_at_once", "2000"),
        ("capture", "its_capture", "2500"),
        ("refund", "its_refund", "-700"),
    ]
    (euro,) = lines_of(file_of(bank, by_currency["eur"]))
    assert (euro["reference"], euro["region"], euro["gross_minor"]) == ("in_euro", "international", "999")
    end_the_day(bank)
    assert settlements(bank) == closed, "a day without movements closes nothing, and nothing is cleared twice"
    assert bank.get("/v1/settlements").get_json()["cut_offs"] == 2


def test_totals_are_the_sums_of_the_lines(bank: Caller) -> None:
    for number, amount_minor in enumerate((1, 50, 999, 123_456, 99_999_999)):
        bank.authorize(f"pay_{number}", (FRENCH, DEBIT)[number % 2], amount_minor=amount_minor)
    bank.refund("pay_3", "back", 100_000)
    end_the_day(bank)
    (settlement,) = settlements(bank)
    rows = file_of(bank, settlement)
    lines = lines_of(rows)
    (totals,) = [row for row in rows if row[0] == "T"]
    gross = sum(int(line["gross_minor"]) for line in lines)
    net = sum(int(line["net_minor"]) for line in lines)
    costs = sum(int(line[name]) for line in lines for name in line if name in FEES)
    assert totals == ["T", str(len(lines)), str(gross), str(costs), str(net)]
    assert net == gross - costs
    assert (settlement["gross_minor"], settlement["net_minor"]) == (gross, net)


FEES = {"interchange_minor", "scheme_minor", "margin_minor"}


@pytest.mark.parametrize("table", ["bank_settlements", "bank_settlement_lines"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_a_closed_settlement_can_not_be_changed(either_bank: Caller, table: str, change: str) -> None:
    either_bank.authorize("pay")
    end_the_day(either_bank)
    column = "net_minor" if table == "bank_settlements" else "number"
    with pytest.raises(DBAPIError, match="never changes"), either_bank.storage.engine.begin() as connection:
        connection.exec_driver_sql(change.format(table, column, column))


def test_a_house_may_settle_a_currency_in_another_one(tmp_path: Any) -> None:
    bank = Caller(f"sqlite:///{tmp_path}/cuckoo.sqlite3", name="cuckoo_bank")
    try:
        bank.authorize("dollars", amount_minor=2000, currency="usd")
        bank.authorize("yen", amount_minor=2000, currency="jpy")
        bank.authorize("francs", amount_minor=2000, currency="chf")
        end_the_day(bank)
        by_currency = {row["currency"]: file_of(bank, row) for row in settlements(bank)}
    finally:
        bank.close()
    assert set(by_currency) == {"eur", "chf"}
    dollars, yen = lines_of(by_currency["eur"])
    assert (dollars["presentment_minor"], dollars["presentment_currency"]) == ("2000", "usd")
    assert (dollars["rate"], dollars["gross_minor"]) == ("0.92", "1840")
    assert (yen["presentment_minor"], yen["gross_minor"]) == ("2000", "1216")  # 2000 / 151.3 * 0.92 = 12.1613


def test_conversion_rounds_half_away_from_zero_and_knows_each_currencys_decimals() -> None:
    assert convert(1000, "usd", "jpy") == 1513
    assert convert(1, "usd", "jpy") == 2  # 1.513
    assert convert(-1, "usd", "jpy") == -2
    assert convert(1000, "jpy", "usd") == 661  # 6.6093
    assert convert(100, "usd", "kwd") == 307
    assert convert(1000, "kwd", "usd") == 326  # 3.2573
    assert convert(125, "usd", "usd") == 125


@pytest.mark.parametrize(
    ("price", "amount_minor", "currency", "fee"),
    [
        (Price(165, 10), 2000, "usd", 43),  # 33 + 10
        (Price(165, 10), 1, "usd", 10),  # 0.0165 + 10
        (Price(50), 100, "usd", 1),  # 0.5 is rounded up
        (Price(50), 99, "usd", 0),
        (Price(165, 10), 2000, "jpy", 33),  # a tenth of a yen is none
        (Price(165, 10), 2000, "kwd", 133),  # a hundredth of a dinar is ten fils
    ],
)
def test_a_price_is_rounded_once(price: Price, amount_minor: int, currency: str, fee: int) -> None:
    assert price.of(amount_minor, currency) == fee


def test_fees_depend_on_card_and_region() -> None:
    assert region_of("FR", "DE") == "same_region"
    assert region_of("FR", "US") == region_of("GB", "DE") == "international"
    costs = {
        funding: fees_of(10_000, "usd", brand="visa", funding=funding, region="domestic", margin_bps=25)
        for funding in ("credit", "debit", "prepaid")
    }
    assert (
        costs["debit"].interchange_minor
        < costs["prepaid"].interchange_minor
        < costs["credit"].interchange_minor
    )
    abroad = fees_of(10_000, "usd", brand="visa", funding="credit", region="international", margin_bps=25)
    assert abroad.interchange_minor > costs["credit"].interchange_minor
    assert abroad.scheme_minor > costs["credit"].scheme_minor
