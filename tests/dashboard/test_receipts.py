"""A merchant chooses in the dashboard which receipts customers are sent without asking."""

from flask import Flask

from kit.database import db
from payments.receipts.letters import Letter
from tests.support.buyer import Buyer
from tests.support.desk import Desk, Shop


def letters_to(app: Flask, address: str) -> int:
    with app.app_context():
        found = list(db.session.scalars(db.select(Letter.id).where(Letter.recipient == address)))
        db.session.remove()
        return len(found)


def test_what_is_ticked_holds_for_the_next_payment(app: Flask, shop: Shop, desk: Desk) -> None:
    address = f"{shop.account_id.lower()}@example.com"
    Buyer(app, shop.till.open_session()).pay(email=address)
    assert letters_to(app, address) == 0
    page = desk.open("/dashboard/receipts")
    assert "checked" not in page.html
    ticked = {name: value for name, value in page.forms["/dashboard/receipts"].items() if name != "refunds"}
    saved = desk.post("/dashboard/receipts", ticked)
    assert "Saved." in desk.follow(saved).text
    shown = desk.open("/dashboard/receipts").html
    assert shown.count("checked") == 1
    Buyer(app, shop.till.open_session()).pay(email=address)
    assert letters_to(app, address) == 1


def test_a_payments_page_leads_to_its_receipt(shop: Shop, desk: Desk) -> None:
    intent = shop.pay()
    charge = shop.till.get(f"/v1/charges/{intent['latest_charge']}")
    assert charge["receipt_url"] in desk.open(f"/dashboard/payments/{intent['id']}").links
