"""Amounts that are no money: too small, too large, of the wrong step or kind, in no known currency."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.bad_input.conftest import INTENT, PAID, Case, Shop, session_form

INTENTS, SESSIONS, REFUNDS, PRICES = (
    "/v1/payment_intents",
    "/v1/checkout/sessions",
    "/v1/refunds",
    "/v1/prices",
)
SMALL, LARGE, STEP, WHOLE = (
    "amount_too_small",
    "amount_too_large",
    "invalid_charge_amount",
    "parameter_invalid_integer",
)


def of_intent(amount: Any, currency: str, code: str | None, param: str = "amount") -> Case:
    return Case(INTENTS, {**PAID, "amount": amount, "currency": currency}, code, param)


def of_session(unit_amount: Any, quantity: Any, currency: str, code: str | None, param: str) -> Case:
    line = {
        "line_items[0][price_data][unit_amount]": unit_amount,
        "line_items[0][price_data][currency]": currency,
        "line_items[0][quantity]": quantity,
    }
    return Case(SESSIONS, session_form(**line), code, param)


UNIT = "line_items[0][price_data][unit_amount]"
QUANTITY = "line_items[0][quantity]"
CASES = [
    of_intent("49", "usd", SMALL),
    of_intent("29", "gbp", SMALL),
    of_intent("399", "hkd", SMALL),
    of_intent("49", "jpy", SMALL),
    of_intent("100000000", "usd", LARGE),
    of_intent("9223372036854775807", "usd", LARGE),
    of_intent("9223372036854775808", "usd", WHOLE),
    of_intent("1" + "0" * 400, "usd", WHOLE),
    of_intent("0", "usd", WHOLE),
    of_intent("-1", "usd", WHOLE),
    of_intent("-9223372036854775808", "usd", WHOLE),
    of_intent("-2000", "usd", WHOLE),
    of_intent("20.00", "usd", WHOLE),
    of_intent("2000.0", "usd", WHOLE),
    of_intent("2e3", "usd", WHOLE),
    of_intent("0x7d0", "usd", WHOLE),
    of_intent("2,000", "usd", WHOLE),
    of_intent("2_000", "usd", WHOLE),
    of_intent(" 2000", "usd", WHOLE),
    of_intent("+2000", "usd", WHOLE),
    of_intent("\uff12\uff10\uff10\uff10", "usd", WHOLE),
    of_intent("\u0662\u0660\u0660\u0660", "usd", WHOLE),
    of_intent("\u00b2000", "usd", WHOLE),
    of_intent("NaN", "usd", WHOLE),
    of_intent("Infinity", "usd", WHOLE),
    of_intent("true", "usd", WHOLE),
    of_intent("$20", "usd", WHOLE),
    of_intent("", "usd", "parameter_invalid_empty"),
    of_intent("1001", "kwd", STEP),
    of_intent("1005", "bhd", STEP),
    of_intent("2050", "isk", STEP),
    of_intent("2001", "ugx", STEP),
    of_intent("2000", "xyz", None, "currency"),
    of_intent("2000", "us", None, "currency"),
    of_intent("2000", "usdd", None, "currency"),
    of_intent("2000", "\uff55\uff53\uff44", None, "currency"),
    of_intent("2000", "u\u017fd", None, "currency"),
    of_intent("2000", "BTC", None, "currency"),
    of_intent("2000", "'; DROP TABLE charges; --", None, "currency"),
    Case(f"{INTENTS}/{{intent}}", {"amount": "49"}, SMALL, "amount"),
    Case(f"{INTENTS}/{{intent}}", {"amount": "100000000"}, LARGE, "amount"),
    Case(f"{INTENTS}/{{intent}}", {"currency": "huf"}, SMALL, "amount"),
    Case(f"{INTENTS}/{{intent}}", {"currency": "xyz"}, None, "currency"),
    of_session("49", "1", "usd", SMALL, "line_items"),
    of_session("0", "1", "usd", SMALL, "line_items"),
    of_session("100000000", "1", "usd", LARGE, UNIT),
    of_session("99999999", "2", "usd", LARGE, "line_items"),
    of_session("99999999", "999999", "usd", LARGE, "line_items"),
    of_session("99999999", "9223372036854775807", "usd", WHOLE, QUANTITY),
    of_session("99999999", "9223372036854775808", "usd", WHOLE, QUANTITY),
    of_session("2000", "0", "usd", WHOLE, QUANTITY),
    of_session("2000", "-1", "usd", WHOLE, QUANTITY),
    of_session("2000", "1.5", "usd", WHOLE, QUANTITY),
    of_session("2000", "1000000", "usd", WHOLE, QUANTITY),
    of_session("-2000", "1", "usd", WHOLE, UNIT),
    of_session("20.5", "1", "usd", WHOLE, UNIT),
    of_session("2001", "1", "kwd", STEP, UNIT),
    of_session("2000", "1", "xyz", None, "line_items[0][price_data][currency]"),
    Case(f"{INTENTS}/{{held}}/capture", {"amount_to_capture": "2001"}, LARGE, "amount_to_capture"),
    Case(f"{INTENTS}/{{held}}/capture", {"amount_to_capture": "0"}, WHOLE, "amount_to_capture"),
    Case(f"{INTENTS}/{{held}}/capture", {"amount_to_capture": "-5"}, WHOLE, "amount_to_capture"),
    Case(f"{INTENTS}/{{held}}/capture", {"amount_to_capture": "9" * 30}, WHOLE, "amount_to_capture"),
    Case(f"{INTENTS}/{{held_dinar}}/capture", {"amount_to_capture": "15"}, STEP, "amount_to_capture"),
    Case(REFUNDS, {"payment_intent": "{paid}", "amount": "2001"}, LARGE, "amount"),
    Case(REFUNDS, {"payment_intent": "{partly}", "amount": "1501"}, LARGE, "amount"),
    Case(REFUNDS, {"charge": "{charge}", "amount": "9223372036854775807"}, LARGE, "amount"),
    Case(REFUNDS, {"charge": "{charge}", "amount": "0"}, WHOLE, "amount"),
    Case(REFUNDS, {"charge": "{charge}", "amount": "-1"}, WHOLE, "amount"),
    Case(REFUNDS, {"charge": "{charge}", "amount": "1.00"}, WHOLE, "amount"),
    Case(REFUNDS, {"payment_intent": "{dinar}", "amount": "15"}, STEP, "amount"),
    Case(PRICES, {"product": "{product}", "currency": "usd", "unit_amount": "-1"}, WHOLE, "unit_amount"),
    Case(
        PRICES, {"product": "{product}", "currency": "usd", "unit_amount": "100000000"}, LARGE, "unit_amount"
    ),
    Case(PRICES, {"product": "{product}", "currency": "xyz", "unit_amount": "700"}, None, "currency"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_refused(refuses: Callable[[Case], Any], case: Case) -> None:
    refuses(case)


@pytest.mark.parametrize("currency", ["USD", "Usd", "usd"])
def test_a_currency_may_be_written_in_capitals_and_comes_back_in_small_letters(
    shop: Shop, currency: str
) -> None:
    made = shop.make("capitals", INTENTS, **{**INTENT, "currency": currency})
    assert made["currency"] == "usd"


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("50", "usd"), ("99999999", "usd"), ("50", "jpy"), ("10", "kwd"), ("100", "isk"), ("99999990", "tnd")],
)
def test_the_bounds_themselves_are_good(shop: Shop, amount: str, currency: str) -> None:
    assert shop.make("bound", INTENTS, amount=amount, currency=currency)["amount"] == int(amount)


def test_a_hundred_lines_may_be_sold_and_no_more(shop: Shop, refuses: Callable[[Case], Any]) -> None:
    def lines(count: int) -> dict[str, Any]:
        form = {name: value for name, value in session_form().items() if "line_items" not in name}
        for number in range(count):
            form |= {f"line_items[{number}][price]": "{price}", f"line_items[{number}][quantity]": "1"}
        return form

    made = shop.make("long", SESSIONS, **lines(100))
    assert made["amount_total"] == 70000
    refuses(Case(SESSIONS, lines(101), "parameter_missing", "line_items"))
