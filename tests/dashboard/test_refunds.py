"""Refunds from a payment's page: whole, in part, once however often the button is pressed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from dashboard.forms import to_minor
from kit import database
from payments import bank
from payments.errors import InvalidRequest
from tests.support.desk import Desk, Shop, Sight, open_shop


def refund(desk: Desk, page: Sight, intent_id: str, **typed: str) -> Sight:
    return desk.follow(desk.press(page, f"/dashboard/payments/{intent_id}/refund", **typed))


def refunded(shop: Shop, intent_id: str) -> list[int]:
    refunds = shop.till.get(f"/v1/refunds?payment_intent={intent_id}")["data"]
    return [one["amount"] for one in refunds if one["status"] == "succeeded"]


def test_an_empty_amount_gives_back_all_that_is_left(shop: Shop, desk: Desk) -> None:
    intent = shop.pay(4900)
    page = desk.open(f"/dashboard/payments/{intent['id']}")
    seen = refund(desk, page, intent["id"], amount="12.50", reason="requested_by_customer")
    assert "$12.50 was refunded." in seen.text
    assert "Partially refunded" in seen.text
    assert "requested by customer" in seen.text
    seen = refund(desk, seen, intent["id"])
    assert "$36.50 was refunded." in seen.text
    assert refunded(shop, intent["id"]) == [3650, 1250]
    assert f"/dashboard/payments/{intent['id']}/refund" not in seen.forms


def test_a_form_sent_twice_refunds_once(shop: Shop, desk: Desk) -> None:
    intent = shop.pay(4900)
    page = desk.open(f"/dashboard/payments/{intent['id']}")
    refund(desk, page, intent["id"], amount="10")
    seen = refund(desk, page, intent["id"], amount="10")
    assert "This has changed since you opened the page." in seen.text
    assert refunded(shop, intent["id"]) == [1000]


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        ("49.01", "At most $49.00 of this payment can be refunded."),
        ("0.00", "Type the amount in figures"),
        ("-5", "Type the amount in figures, for example 12.50."),
        ("1.234", "Type the amount"),
        ("1,50", "Type the amount"),
        ("٣", "Type the amount"),
        ("1e3", "Type the amount"),
        ("ten", "Type the amount"),
        ("9" * 30, "Amount"),
    ],
)
def test_an_amount_that_cannot_be_is_refused_and_said(shop: Shop, desk: Desk, amount: str, says: str) -> None:
    intent = shop.pay(4900)
    page = desk.open(f"/dashboard/payments/{intent['id']}")
    seen = refund(desk, page, intent["id"], amount=amount)
    assert says in seen.text
    assert refunded(shop, intent["id"]) == []


def test_a_refund_without_the_pages_token_changes_nothing(shop: Shop, desk: Desk) -> None:
    intent = shop.pay(4900)
    page = desk.open(f"/dashboard/payments/{intent['id']}")
    for token in ("", "made-up"):
        seen = refund(desk, page, intent["id"], dashboard_token=token)
        assert "Nothing was changed" in seen.text
    assert refunded(shop, intent["id"]) == []
    rows = shop.audited("POST /dashboard/payments/{intent_id}/refund")
    assert [row.outcome for row in rows] == ["csrf_token_invalid"] * 2


def test_a_token_of_another_visit_is_worth_nothing(shop: Shop, desk: Desk) -> None:
    intent = shop.pay(4900)
    page = desk.open(f"/dashboard/payments/{intent['id']}")
    other = shop.desk()
    refund(other, page, intent["id"])
    assert refunded(shop, intent["id"]) == []


def test_nobody_refunds_another_accounts_payment(app: Flask, shop: Shop, desk: Desk) -> None:
    intent = shop.pay(4900)
    own = desk.open(f"/dashboard/payments/{intent['id']}")
    stranger = open_shop(app).desk()
    token = stranger.open("/dashboard").forms["/dashboard/logout"]["dashboard_token"]
    form = own.forms[f"/dashboard/payments/{intent['id']}/refund"] | {"dashboard_token": token}
    seen = stranger.post(f"/dashboard/payments/{intent['id']}/refund", form)
    assert seen.status == 404
    assert refunded(shop, intent["id"]) == []


def test_a_payment_that_took_nothing_has_nothing_to_refund(shop: Shop, desk: Desk) -> None:
    intent = shop.till.post("/v1/payment_intents", {"amount": 500, "currency": "usd"})
    page = desk.open(f"/dashboard/payments/{intent['id']}")
    assert f"/dashboard/payments/{intent['id']}/refund" not in page.forms
    token = page.forms["/dashboard/logout"]
    seen = desk.follow(desk.post(f"/dashboard/payments/{intent['id']}/refund", token))
    assert "taken no money" in seen.text


def test_a_refund_says_who_did_it_and_from_where(shop: Shop, desk: Desk) -> None:
    intent = shop.pay(4900)
    refund(desk, desk.open(f"/dashboard/payments/{intent['id']}"), intent["id"])
    (row,) = shop.audited("refund.created")
    assert (row.actor, row.address) == (shop.user_id, desk.address)
    (pressed,) = shop.audited("POST /dashboard/payments/{intent_id}/refund")
    assert (pressed.object_id, pressed.request_id) == (intent["id"], row.request_id)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (bank.Refused("insufficient_funds"), ("The bank refused the refund of $49.00.", "failed")),
        (bank.Unknown("timeout"), ("The refund of $49.00 is on its way", "pending")),
    ],
    ids=["refused", "unknown"],
)
def test_what_the_bank_answered_is_said_as_it_is(
    shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: bank.Answer, said: tuple[str, str]
) -> None:
    def ask(*_: object) -> bank.Answer:
        database.commit()
        return answer

    words, status = said
    intent = shop.pay(4900)
    page = desk.open(f"/dashboard/payments/{intent['id']}")
    monkeypatch.setattr(bank, "ask", ask)
    seen = refund(desk, page, intent["id"])
    assert words in seen.text
    assert [one["status"] for one in shop.till.get("/v1/refunds")["data"]] == [status]


def test_of_many_presses_at_once_one_refunds(app: Flask, shop: Shop, desk: Desk) -> None:
    intent = shop.pay(4900)
    action = f"/dashboard/payments/{intent['id']}/refund"
    form = desk.open(f"/dashboard/payments/{intent['id']}").forms[action] | {"amount": "20"}
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = desk.client.get_cookie(name)
    assert cookie is not None

    def press(_: int) -> int:
        client = app.test_client()
        client.set_cookie(name, cookie.value)
        answer = client.post(action, data=form, environ_overrides={"REMOTE_ADDR": desk.address})
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(press, range(8))) == {303}
    assert refunded(shop, intent["id"]) == [2000]


@pytest.mark.parametrize(
    ("text", "currency", "amount_minor"),
    [
        ("12.5", "usd", 1250),
        (" 7 ", "usd", 700),
        ("500", "jpy", 500),
        ("1.250", "kwd", 1250),
        ("0.01", "eur", 1),
    ],
)
def test_an_amount_is_read_in_its_currency(text: str, currency: str, amount_minor: int) -> None:
    assert to_minor(text, currency) == amount_minor


@pytest.mark.parametrize(
    ("text", "currency"), [("5.0", "jpy"), ("1.2345", "kwd"), ("1.", "usd"), (".5", "usd")]
)
def test_an_amount_with_other_decimals_is_refused(text: str, currency: str) -> None:
    with pytest.raises(InvalidRequest):
        to_minor(text, currency)
