"""Every object that goes out has every key that the pinned SDK annotates, and none that it does not know."""

from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
import stripe
from flask import Flask

from kit.database import db
from merchant_api.crud import OPERATIONS
from merchant_api.expand import always_empty
from payments.events import Event
from payments.merchants import ApiKey, hash_key
from payments.resource import Resource
from payments.scope import Caller, acting_as
from tests.support.bank import Bank, advance
from tests.support.buyer import Buyer, Till
from tests.support.processes import wait_until
from tests.support.sdk_shapes import strays
from webhooks import bank_notices

NOUNS = {noun.object_name: noun for noun in Resource.__subclasses__()}
SHAPES = {name: noun.stripe_class for name, noun in NOUNS.items()} | {
    "account": stripe.Account,
    "balance": stripe.Balance,
    "card": stripe.Card,
    "plan": stripe.Plan,
}
CARD = "pm_card_visa"
FORM = {"amount": "2000", "currency": "eur", "payment_method_types[0]": "card", "confirm": "true"}
ONLY_OF_UPDATES = "event.data.previous_attributes is missing"
# The plain JSON endpoints, and what the Stripe CLI and testers of webhooks ask for.
NOT_OF_STRIPE = {"transaction", "audit_row", "webhook_attempt", "webhook_chaos", "stripecli.session"}


def a_day_in_a_shop(till: Till, api: Any) -> None:
    """One of everything, in as many states as it has."""
    post = till.post
    post("/v1/webhook_endpoints", {"url": "https://shop.example/hook", "enabled_events": ["*"]})
    customer = post("/v1/customers", {"email": "jenny@example.com", "address": {"country": "DE"}})
    post("/v1/products", {"name": "Rose", "default_price_data": {"currency": "eur", "unit_amount": 500}})
    price = {
        "currency": "eur",
        "unit_amount_decimal": "0.5",
        "product_data": {"name": "Petal"},
        "recurring": {"interval": "month"},
    }
    post(f"/v1/prices/{post('/v1/prices', price)['id']}", {"nickname": "Tiny"})
    post(f"/v1/payment_methods/{CARD}/attach", {"customer": customer["id"]})
    intent = {"amount": 2000, "currency": "eur", "payment_method_types": ["card"]}
    confirmed = {**intent, "confirm": True, "payment_method": CARD}
    paid = post("/v1/payment_intents", confirmed)
    post("/v1/test_helpers/confirmation_tokens", {"payment_method": CARD})
    account = {"type": "sepa_debit", "sepa_debit": {"iban": "DE89370400440532013000"}}
    account["billing_details"] = {"name": "Jenny", "email": "jenny@example.com"}
    debit = {"amount": 2000, "currency": "eur", "payment_method_types": ["sepa_debit"], "confirm": True}
    post("/v1/payment_intents", {**debit, "payment_method_data": account})
    post("/v1/refunds", {"payment_intent": paid["id"], "amount": 500, "reason": "requested_by_customer"})
    held = post("/v1/payment_intents", {**confirmed, "capture_method": "manual"})
    post(f"/v1/payment_intents/{held['id']}/capture", {"amount_to_capture": 1500})
    declined = api(
        "POST", "/v1/payment_intents", data={**FORM, "payment_method": "pm_card_visa_chargeDeclined"}
    )
    assert declined.status_code == 402, declined.json
    post(f"/v1/payment_intents/{post('/v1/payment_intents', intent)['id']}/cancel")
    assert Buyer(till.app, till.open_session()).pay().status == 200
    post(f"/v1/checkout/sessions/{till.open_session()['id']}/expire")


def the_cards_of_the_day(till: Till, api: Any) -> None:
    """Cards that are kept: one at once, one that waits for its holder, one refused, one on the page."""
    customer = till.post("/v1/customers", {"email": "jenny@example.com"})
    setup = {"payment_method_types": ["card"], "confirm": True}
    till.post("/v1/setup_intents", {**setup, "payment_method": CARD, "customer": customer["id"]})
    waiting = {**setup, "payment_method": "pm_card_authenticationRequired"}
    canceled = till.post("/v1/setup_intents", waiting)
    till.post(f"/v1/setup_intents/{canceled['id']}/cancel", {"cancellation_reason": "abandoned"})
    refused = {
        "payment_method_types[0]": "card",
        "confirm": "true",
        "payment_method": "pm_card_chargeDeclined",
    }
    assert api("POST", "/v1/setup_intents", data=refused).status_code == 402
    session = till.post(
        "/v1/checkout/sessions", {"mode": "setup", "success_url": "https://shop.example/done"}
    )
    assert Buyer(till.app, session).pay().status == 200


def the_bargains_of_the_day(till: Till) -> None:
    """A coupon with a code, customers who got them, and what taxes and deliveries are made of."""
    post = till.post
    euros = {"amount_off": 500, "currency": "eur", "currency_options": {"usd": {"amount_off": 600}}}
    coupon = post("/v1/coupons", {**euros, "id": "BARGAIN", "max_redemptions": 9, "name": "Bargain"})
    post(f"/v1/coupons/{coupon['id']}", {"metadata": {"of": "the day"}})
    least = {"minimum_amount": 1000, "minimum_amount_currency": "eur"}
    code = {"promotion": {"type": "coupon", "coupon": coupon["id"]}, "code": "DAY", "restrictions": least}
    post(f"/v1/promotion_codes/{post('/v1/promotion_codes', code)['id']}", {"active": False})
    customer = post("/v1/customers", {"coupon": coupon["id"]})
    post(f"/v1/customers/{customer['id']}", {"coupon": post("/v1/coupons", {"percent_off": 12.5})["id"]})
    post(f"/v1/customers/{customer['id']}", {"coupon": ""})
    rate = post("/v1/tax_rates", {"display_name": "VAT", "percentage": 19, "inclusive": True})
    post(f"/v1/tax_rates/{rate['id']}", {"active": False})
    day = {"minimum": {"unit": "day", "value": 1}}
    cost = {"amount": 500, "currency": "eur"}
    post("/v1/shipping_rates", {"display_name": "Ground", "fixed_amount": cost, "delivery_estimate": day})
    plan = {"currency": "usd", "interval": "month", "amount": 2000, "product": {"name": "Gold"}}
    post(f"/v1/plans/{post('/v1/plans', plan)['id']}", {"nickname": "G"})


def the_links_of_the_day(till: Till) -> None:
    """A payment link with all that it may have, and a session that came of it."""
    rose = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Rose"}}
    link = till.post(
        "/v1/payment_links",
        {
            "line_items": [{"price_data": rose, "quantity": 2}],
            "payment_intent_data": {"description": "Roses"},
            "restrictions": {"completed_sessions": {"limit": 3}},
        },
    )
    till.post(f"/v1/payment_links/{link['id']}", {"metadata": {"order": "6735"}})
    assert till.client.get(urlsplit(link["url"]).path).status_code == 303
    lines = till.get(f"/v1/payment_links/{link['id']}/line_items")["data"]
    assert not [line for item in lines for line in strays(item, stripe.LineItem)]


def the_older_cards_of_the_day(till: Till) -> None:
    """A token, and a customer's source."""
    given = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "name": "Jenny Rosen"}
    customer = till.post("/v1/customers", {"email": "jenny@example.com"})["id"]
    token = till.post("/v1/tokens", {"card": given})
    source = till.post(f"/v1/customers/{customer}/sources", {"source": token["id"]})
    till.post(f"/v1/customers/{customer}/sources/{source['id']}", {"metadata": {"order": "6735"}})
    till.post("/v1/tokens", {"card": given})


def the_money_of_the_day(till: Till, account_id: str) -> None:
    """A bank account, and a payout to it that is made and one that is taken back."""
    bank_account = {"object": "bank_account", "country": "US", "account_number": "000123456789"}
    account = {"external_account": {**bank_account, "currency": "usd", "routing_number": "110000000"}}
    till.post(f"/v1/accounts/{account_id}/external_accounts", account)
    at_once = {"payment_method": "pm_card_bypassPending", "confirm": True}
    till.post("/v1/payment_intents", {"amount": 5000, "currency": "usd", **at_once})
    till.post("/v1/payouts", {"amount": 1000, "currency": "usd"})
    payout = till.post("/v1/payouts", {"amount": 1000, "currency": "usd", "statement_descriptor": "ROSIE"})
    till.post(f"/v1/payouts/{payout['id']}/cancel")


def the_complaints_of_the_day(till: Till, bank: Bank) -> None:
    """A dispute, an inquiry, a fraud warning and two refunds that take their time, followed to the end."""
    for token in ("createDispute", "createDisputeInquiry", "createIssuerFraudRecord"):
        till.pay_with(token)
    for token in ("pendingRefund", "refundFail"):
        till.post("/v1/refunds", {"payment_intent": till.pay_with(token)["id"]})
    advance(bank, 5)
    follow(till, {"needs_response", "warning_needs_response"})
    for dispute in till.get("/v1/disputes")["data"]:
        till.post(f"/v1/disputes/{dispute['id']}", {"evidence": {"uncategorized_text": "winning_evidence"}})
    advance(bank, 5)
    follow(till, {"won", "warning_closed"})


def follow(till: Till, statuses: set[str]) -> None:
    """Read the bank's notices until its disputes stand so; a gateway of other tests may read along."""

    def stand_so() -> bool:
        with till.app.app_context():
            bank_notices.catch_up()
            bank_notices.drain()
        return {dispute["status"] for dispute in till.get("/v1/disputes")["data"]} == statuses

    wait_until(stand_so, f"the disputes are {' and '.join(sorted(statuses))}")


@pytest.fixture
def rows(app: Flask, api: Any, secret_key: str, bank: Bank) -> dict[str, list[dict[str, Any]]]:
    """The wire form of every row of the day, by object name."""
    a_day_in_a_shop(Till(app, secret_key), api)
    the_cards_of_the_day(Till(app, secret_key), api)
    the_older_cards_of_the_day(Till(app, secret_key))
    the_links_of_the_day(Till(app, secret_key))
    the_bargains_of_the_day(Till(app, secret_key))
    the_complaints_of_the_day(Till(app, secret_key), bank)
    with app.app_context():
        key: ApiKey = db.session.scalars(db.select(ApiKey).where(ApiKey.hashed == hash_key(secret_key))).one()
        account_id = key.account_id
    the_money_of_the_day(Till(app, secret_key), account_id)
    with app.app_context(), acting_as(Caller(account_id, livemode=False, actor="test")):
        return {
            name: [row.as_stripe() for row in db.session.scalars(noun.mine())] for name, noun in NOUNS.items()
        }


def test_every_object_has_the_keys_of_its_class(rows: dict[str, list[dict[str, Any]]]) -> None:
    assert not [name for name, wires in rows.items() if not wires], "the day has to hold one of each noun"
    found = {
        line: wire["id"]
        for name, wires in rows.items()
        for wire in wires
        for line in strays(wire, NOUNS[name].stripe_class, f"{name}.")
        if line != ONLY_OF_UPDATES
    }
    assert not found


def test_what_expands_to_null_is_always_null(rows: dict[str, list[dict[str, Any]]]) -> None:
    found = {
        f"{name}.{field}": wire[field]
        for name, wires in rows.items()
        for field in always_empty(NOUNS[name])
        for wire in wires
        if wire[field] is not None
    }
    assert not found


def test_the_objects_within_events_have_them_too(rows: dict[str, list[dict[str, Any]]]) -> None:
    found = {
        line: event["type"]
        for event in rows[Event.object_name]
        for object in [event["data"]["object"]]
        for line in strays(object, SHAPES[object["object"]], f"{object['object']}.")
        if not object.get("deleted")
    }
    assert not found


def test_the_balance_has_the_keys_of_its_class(api: Any) -> None:
    assert not list(strays(api("GET", "/v1/balance").json, stripe.Balance))


def test_every_operation_answers_with_a_noun_of_the_sdk() -> None:
    named = {operation.noun_name.removeprefix("list:") for operation in OPERATIONS} - NOT_OF_STRIPE
    assert named <= SHAPES.keys() | {"balance"}


def test_every_answer_is_json_that_orjson_reads_back(rows: dict[str, list[dict[str, Any]]]) -> None:
    assert orjson.loads(orjson.dumps(rows)) == rows
