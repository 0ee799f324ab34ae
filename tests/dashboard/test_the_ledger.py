"""The ledger at the desk: accounts that balance, movements whole on one page, nobody else's, page by page."""

from typing import Any

import pytest
from flask import Flask

from dashboard import ledger as page_of_the_ledger
from kit import database
from kit.ids import new_id
from kit.money import CURRENCIES
from payments import ledger
from payments.ledger import Account, Entry, LedgerEntry
from payments.scope import Caller, acting_as
from tests.support.desk import Desk, Shop, Sight, open_shop

LEDGER = "/dashboard/ledger"


@pytest.fixture
def refunded(shop: Shop) -> dict[str, Any]:
    """A payment of $49.00 with a fee, of which $9.00 went back."""
    intent = shop.pay(4900)
    shop.till.post("/v1/refunds", {"payment_intent": intent["id"], "amount": 900})
    return intent


def post(app: Flask, shop: Shop, entries: list[Entry], *, livemode: bool = False) -> str:
    with app.app_context(), acting_as(Caller(shop.account_id, livemode, "system")):
        transaction_id = new_id("txn_")
        ledger.post(transaction_id, entries)
        database.commit()
    return transaction_id


def moved(amount_minor: int, currency: str = "usd") -> list[Entry]:
    return [
        Entry(Account.ACQUIRER_RECEIVABLE, currency, amount_minor),
        Entry(Account.MERCHANT_PAYABLE, currency, -amount_minor),
    ]


def shown(seen: Sight) -> list[str]:
    """The movements on a page, in their order."""
    return [link.rpartition("/")[2] for link in seen.links if f"{LEDGER}/" in link]


@pytest.mark.usefixtures("refunded")
def test_the_accounts_balance(shop: Shop, desk: Desk) -> None:
    seen = desk.open(LEDGER)
    balance = shop.till.get("/v1/balance")
    owed = balance["available"][0]["amount"] + balance["pending"][0]["amount"]
    assert "Accounts in USD" in seen.text
    assert f"Merchant payable your balance: what you are owed ${owed / 100:.2f}" in seen.text
    assert "Acquirer receivable captured, and not yet settled by the acquirer $40.00" in seen.text
    assert "Balanced $40.00 $40.00" in seen.text
    assert "Not balanced" not in seen.text
    assert seen.inline == []


def test_each_movement_is_whole_and_sums_to_zero_in_view(desk: Desk, refunded: dict[str, Any]) -> None:
    seen = desk.open(LEDGER)
    refund, payment = shown(seen)
    assert f"Refund {refunded['id']}" in seen.text
    assert "Balanced $49.00 $49.00" in seen.text
    assert "Balanced $9.00 $9.00" in seen.text
    assert f"/dashboard/payments/{refunded['id']}" in seen.links
    alone = desk.open(f"{LEDGER}/{refund}")
    assert "Balanced $9.00 $9.00" in alone.text
    assert "$49.00" not in alone.text
    assert refunded["id"] in desk.open(f"{LEDGER}/{payment}").text


def test_the_payments_page_shows_its_movements(shop: Shop, desk: Desk, refunded: dict[str, Any]) -> None:
    shop.pay(1234)
    seen = desk.open(f"/dashboard/payments/{refunded['id']}")
    assert len(shown(seen)) == 2
    assert "Balanced $49.00 $49.00" in seen.text
    assert "$12.34" not in seen.text


def test_one_account_shows_what_touched_it_in_one_currency(app: Flask, shop: Shop, desk: Desk) -> None:
    dollars, euros = post(app, shop, moved(700)), post(app, shop, moved(900, "eur"))
    fees = [Entry(Account.MERCHANT_PAYABLE, "usd", 10), Entry(Account.FEE_INCOME, "usd", -10)]
    taken = post(app, shop, fees)
    assert shown(desk.open(LEDGER)) == [taken, euros, dollars]
    assert shown(desk.open(f"{LEDGER}?account=merchant_payable&currency=usd")) == [taken, dollars]
    assert shown(desk.open(f"{LEDGER}?account=acquirer_receivable&currency=eur")) == [euros]
    assert shown(desk.open(f"{LEDGER}?account=fee_income")) == [taken]


def test_a_merchant_of_every_currency_has_a_page(app: Flask, shop: Shop, desk: Desk) -> None:
    """Its accounts are more than the queries that SQLite joins into one."""
    books = (Account.ACQUIRER_RECEIVABLE, Account.BANK_CASH, Account.ACQUIRER_COST, Account.EXCHANGE)
    with app.app_context(), acting_as(Caller(shop.account_id, livemode=False, actor="system")):
        for currency in CURRENCIES:
            amounts = (100, 200, 300, -600)
            entries = [
                Entry(book, currency, amount_minor) for book, amount_minor in zip(books, amounts, strict=True)
            ]
            ledger.post(new_id("txn_"), entries)
        database.commit()
    last = post(app, shop, moved(700))
    seen = desk.open(LEDGER)
    assert (seen.status, seen.text.count("Accounts in")) == (200, len(CURRENCIES))
    assert (shown(seen)[0], len(shown(seen))) == (last, page_of_the_ledger.ROWS)
    older = next(link for link in seen.links if "before=" in link)
    assert set(shown(desk.open(older))) & set(shown(seen)) == set()


def test_a_payout_and_a_settlement_say_what_they_are(app: Flask, shop: Shop, desk: Desk) -> None:
    with app.app_context(), acting_as(Caller(shop.account_id, livemode=False, actor="system")):
        ledger.post("po_123:paid", moved(500))
        ledger.post("simulator:day-7", moved(600))
        database.commit()
    seen = desk.open(LEDGER)
    assert "Payout paid by the bank po_123" in seen.text
    assert "Settlement" in seen.text
    assert desk.open(f"{LEDGER}/po_123:paid").status == 200
    assert desk.open(f"{LEDGER}/simulator:day-7").status == 200


@pytest.mark.parametrize("path", ["", "?account=acquirer_receivable&currency=usd"])
def test_it_goes_back_page_by_page_and_tells_each_movement_once(
    app: Flask, shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(page_of_the_ledger, "ROWS", 2)
    made = [post(app, shop, moved(100 + number)) for number in range(5)]
    # One whose entries have those of all others between them, as happens where many write at once.
    with app.app_context():
        spread = new_id("txn_")
        for place, entry in enumerate(moved(777)):
            row = LedgerEntry(
                transaction_id=spread, account_id=shop.account_id, livemode=False, book=entry.book.value,
                currency="usd", amount_minor=entry.amount_minor, created=1,
            )  # fmt: skip
            database.collect(row)
            database.commit()
            if place == 0:
                made += [spread, *(post(app, shop, moved(200 + number)) for number in range(3))]
    told: list[str] = []
    address: str | None = f"{LEDGER}{path}"
    while address:
        seen = desk.open(address)
        told += shown(seen)
        address = next((link for link in seen.links if "before=" in link), None)
    assert len(told) == len(set(told))
    assert set(told) == set(made)


@pytest.mark.usefixtures("refunded")
def test_another_merchants_and_the_other_modes_books_are_closed(app: Flask, shop: Shop, desk: Desk) -> None:
    (_, payment), live = shown(desk.open(LEDGER)), post(app, shop, moved(31337), livemode=True)
    stranger = open_shop(app).desk()
    for path in (LEDGER, f"{LEDGER}?account=merchant_payable&currency=usd"):
        assert "$49.00" not in stranger.open(path).text
        assert "$313.37" not in desk.open(path).text
    assert stranger.open(f"{LEDGER}/{payment}").status == 404
    assert desk.open(f"{LEDGER}/{live}").status == 404


@pytest.mark.usefixtures("refunded")
@pytest.mark.parametrize(
    "query",
    ["account=nothing", "account=merchant_payable&currency=xyz", "before=x", "before=-1", "account=%00",
     "currency=%3Cscript%3E", "before=99999999999999999999", "account=" + "a" * 300],
)  # fmt: skip
def test_a_filter_that_is_none_is_refused_in_words(desk: Desk, query: str) -> None:
    seen = desk.open(f"{LEDGER}?{query}")
    assert (seen.status, "notice-bad" in seen.html) == (400, True)
    assert "Accounts in USD" in seen.text
    assert seen.inline == []


@pytest.mark.usefixtures("refunded")
def test_a_look_at_the_ledger_is_in_the_audit_trail(shop: Shop, desk: Desk) -> None:
    transaction_id = shown(desk.open(LEDGER))[0]
    desk.open(f"{LEDGER}/{transaction_id}")
    assert len(shop.audited("GET /dashboard/ledger")) == 1
    (row,) = shop.audited("GET /dashboard/ledger/{transaction_id}")
    assert (row.actor, row.object_id) == (shop.user_id, transaction_id)
