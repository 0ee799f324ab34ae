"""Ways to pay stand in the order of the customer's country and currency; a refused one has others beside."""

import re
from typing import Any

import pytest
from flask import Flask

from checkout.methods import REST, choices
from payments.charging.methods import CARD, METHODS
from tests.support.buyer import Buyer, Seen, Till
from tests.support.cardholder import Cardholder
from tests.support.hosted_page import TYPED
from tests.support.payer import Payer

EVERY = [CARD, *METHODS]
OFFERED = re.compile(r'name="instead" value="([a-z_]+)"')


def line(amount: int, currency: str) -> list[dict[str, Any]]:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Field guide"}}
    return [{"quantity": 1, "price_data": price}]


def shown(seen: Seen) -> list[str]:
    """The page's ways to pay, and what divides them, in their order."""
    return [method or "or" for method in re.findall(r'data-method="([a-z_]+)"|class="methods-or"', seen.html)]


@pytest.mark.parametrize(
    ("country", "currency", "first"),
    [
        ("IN", "inr", ["amazon_pay", "upi", "x_netbanking", "or", CARD]),
        ("NL", "eur", ["amazon_pay", "ideal", "or", CARD]),
        ("DE", "eur", ["amazon_pay", "klarna", "sepa_debit", "or", CARD]),
        ("US", "usd", ["amazon_pay", "or", CARD]),
        ("US", "inr", ["amazon_pay", "upi", "x_netbanking", "or", CARD]),
        (None, "", ["amazon_pay", "or", CARD]),
    ],
)
def test_wallets_and_the_favourites_of_a_country_come_ahead_of_the_card(
    country: str | None, currency: str, first: list[str]
) -> None:
    order = []
    for choice in choices(EVERY, country, currency):
        order += ["or", choice.type] if choice.after_or else [choice.type]
    assert order[: len(first)] == first
    assert sorted(set(order) - {"or"}) == sorted(EVERY)
    assert order.count("or") == 1


def test_a_page_with_nothing_ahead_of_the_card_has_nothing_to_divide() -> None:
    assert [choice.after_or for choice in choices([CARD, "sepa_debit"], "US", "eur")] == [False, False]
    assert [choice.after_or for choice in choices(["upi"], "IN", "inr")] == [False]


def test_every_method_has_its_place() -> None:
    assert set(REST) | {"amazon_pay"} == set(METHODS)


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        ("nl-NL", ["amazon_pay", "ideal", "or", CARD, "klarna", "sepa_debit"]),
        ("de-AT", ["amazon_pay", "klarna", "sepa_debit", "or", CARD, "ideal"]),
    ],
)
def test_the_page_follows_the_customers_country(
    app: Flask, till: Till, languages: str, expected: list[str]
) -> None:
    seen = Buyer(app, till.open_session(line_items=line(4900, "eur")), languages=languages).open()
    assert shown(seen) == expected
    assert seen.values["paymentMethod"] == CARD  # what a suite for cards alone relies on


def test_a_declined_card_stays_but_for_its_code_and_other_ways_are_offered(app: Flask, till: Till) -> None:
    buyer = Buyer(app, till.open_session())
    seen = buyer.pay(cardNumber="4000000000009995")
    assert seen.status == 402
    assert "No money has been taken." in seen.text
    assert (seen.values["cardNumber"], seen.values["cardExpiry"]) == ("4000000000009995", "04 / 40")
    assert seen.values["cardCvc"] == ""
    assert OFFERED.findall(seen.html) == ["upi", "x_netbanking"]


def test_choosing_another_way_keeps_what_was_typed_and_charges_nothing(app: Flask, till: Till) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    buyer.pay(cardNumber="4000000000009995")
    seen = buyer.submit(instead="upi", cardCvc="123")
    assert (seen.status, seen.values["paymentMethod"], seen.values["email"]) == (
        200,
        "upi",
        "asha@example.com",
    )
    assert "Please check what you typed" not in seen.text
    assert len(till.charges_of(session["id"])) == 1
    assert "Going on to UPI" in buyer.submit(paymentMethod="upi").text


def test_a_method_that_the_page_does_not_have_is_not_changed_over_to(app: Flask, till: Till) -> None:
    session = till.open_session(allowed_payment_method_types=["card"])
    buyer = Buyer(app, session)
    seen = buyer.pay(cardNumber="4000000000009995")
    assert OFFERED.findall(seen.html) == []
    assert buyer.submit(instead="upi", cardNumber="4242424242424242").refresh


def test_who_comes_back_refused_from_a_bank_finds_the_same_way_chosen_and_others_offered(
    app: Flask, till: Till
) -> None:
    buyer = Buyer(app, till.open_session())
    payer = Payer(buyer.pay(paymentMethod="upi").links["challenge"])
    payer.send(do="cancel")
    buyer.client.get(payer.back)
    seen = buyer.open("?waiting=")
    assert "No money has been taken." in seen.text
    assert seen.values["paymentMethod"] == "upi"
    assert OFFERED.findall(seen.html) == ["x_netbanking", CARD]
    assert seen.values["email"] == "asha@example.com"


def test_who_comes_back_from_a_challenge_finds_all_but_the_card_and_nobody_else_does(
    app: Flask, till: Till
) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    holder = Cardholder(buyer.pay(cardNumber="4000002760003184").links["challenge"])
    buyer.client.get(holder.cancels())
    seen = buyer.open("?waiting=")
    kept = ("email", "billingName", "billingCountry", "billingPostalCode")
    assert {name: seen.values[name] for name in kept} == {name: TYPED[name] for name in kept}
    assert (seen.values["cardNumber"], seen.values["cardCvc"]) == ("", "")
    stranger = Buyer(app, session).open("?waiting=")
    assert "No money has been taken." in stranger.text
    assert (stranger.values["email"], stranger.values["billingName"]) == ("", "")


def test_enter_in_a_field_pays_and_never_changes_over(app: Flask, till: Till) -> None:
    seen = Buyer(app, till.open_session()).pay(cardNumber="4000000000009995")
    of_form = [given for tag, given in seen.tags if tag == "button" and given.get("form") == "payment-form"]
    assert "hidden" in of_form[0]
    assert "name" not in of_form[0]
