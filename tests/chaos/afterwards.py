"""What comes after a payment: holders who dispute it, issuers who warn, refunds that take their time."""

import time
from typing import Any

from tests.chaos.leaks import (
    DISPUTED_NUMBERS,
    DISPUTED_TWICE_NUMBER,
    INQUIRED_NUMBER,
    SLOW_REFUND_NUMBERS,
    WARNED_NUMBER,
)
from tests.chaos.orders import INTENTS, REFUNDS, Order, card, part_of
from tests.chaos.till import Till

DISPUTES = "/v1/disputes"
# So often a merchant looks for the dispute of a payment, with a pause before each look.
LOOKS, PAUSE_SECONDS = 4, 0.25
# What the checker has a fee for.
DISPUTED_CURRENCIES = ("usd", "eur", "gbp", "jpy")
# What merchants answer: a word that decides, None to give in, and "" for no answer until it is too late.
ANSWERS = ("winning_evidence", "winning_evidence", "losing_evidence", "", None)
ANSWERS_TO_INQUIRIES = ("winning_evidence", "escalate_inquiry_evidence", "escalate_inquiry_evidence", "")


def is_disputed(order: Order) -> None:
    number = order.dice.choice((*DISPUTED_NUMBERS, *DISPUTED_NUMBERS, DISPUTED_TWICE_NUMBER))
    _answered(order, number, ANSWERS)


def is_inquired(order: Order) -> None:
    _answered(order, INQUIRED_NUMBER, ANSWERS_TO_INQUIRIES)


def is_warned(order: Order) -> None:
    """An early fraud warning; some merchants give the money back before it is disputed."""
    paid = order.create(confirm="true", **card(WARNED_NUMBER))
    if paid.good and order.dice.random() < 0.4:
        order.post("refund", REFUNDS, "refund", payment_intent=paid.body["id"])


def refunds_slowly(order: Order) -> None:
    """A refund that is pending at first, or one that comes back; then the rest."""
    paid = order.create(confirm="true", **card(order.dice.choice(SLOW_REFUND_NUMBERS)))
    if paid.good:
        first = {"amount": part_of(order)} if order.dice.random() < 0.6 else {}
        order.post("refund", REFUNDS, "refund-0", payment_intent=paid.body["id"], **first)
        if order.dice.random() < 0.4:
            order.post("refund", REFUNDS, "refund-1", payment_intent=paid.body["id"])


def _answered(order: Order, number: str, answers: tuple[str | None, ...]) -> None:
    order.currency = order.dice.choice(DISPUTED_CURRENCIES)
    paid = order.create(confirm="true", **card(number))
    if not paid.good:
        return
    answer, twice = order.dice.choice(answers), order.dice.random() < 0.2
    if answer == "":
        return
    for place, dispute in enumerate(_disputes_of(order, paid.body["id"])):
        path, form = f"{DISPUTES}/{dispute['id']}", {"evidence[uncategorized_text]": answer}
        if answer is None:
            order.post("close_dispute", f"{path}/close", f"close-{place}")
        elif twice:

            def answers_it(till: Till, hand: str, path: str = path, form: Any = form) -> None:
                till.post(order.number, "answer", path, form, key=order.key(f"answer-{hand}-{path}"))

            order.together(
                lambda till, act=answers_it: act(till, "left"),  # type: ignore[misc]
                lambda till, act=answers_it: act(till, "right"),  # type: ignore[misc]
            )
        else:
            order.post("answer", path, f"answer-{place}", **form)
    order.till.get(order.number, f"{INTENTS}/{paid.body['id']}")


def _disputes_of(order: Order, intent_id: str) -> list[dict[str, Any]]:
    for _ in range(LOOKS):
        time.sleep(PAUSE_SECONDS)
        found = order.till.get(order.number, f"{DISPUTES}?payment_intent={intent_id}")
        if found.good and found.body.get("data"):
            data: list[dict[str, Any]] = found.body["data"]
            return data
    return []
