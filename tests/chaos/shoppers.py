"""What merchants and their customers do, order by order, each order the same at every run of a seed."""

import math
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.chaos.afterwards import is_disputed, is_inquired, is_warned, refunds_slowly
from tests.chaos.customers import takes_the_challenge
from tests.chaos.leaks import CHALLENGED_NUMBER, GOOD_NUMBERS, REFUSED_NUMBERS, code_of
from tests.chaos.orders import INTENTS, REFUNDS, Order, card, part_of
from tests.chaos.other_ways import buys_without_a_card, pays_by_debit, pays_by_redirect, pays_by_upi
from tests.chaos.till import PATIENCE_SECONDS, ClientJournal, Reply, Till

CURRENCIES = ("usd", "usd", "eur", "eur", "gbp", "jpy", "kwd")


def pays_at_once(order: Order) -> Reply:
    return order.create(confirm="true", **card(order.dice.choice(GOOD_NUMBERS)))


def pays_later(order: Order) -> Reply:
    made = order.create()
    if not made.good:
        return made
    path = f"{INTENTS}/{made.body['id']}/confirm"
    return order.post("confirm", path, "confirm", **card(order.dice.choice(GOOD_NUMBERS)))


def clicks_twice(order: Order) -> None:
    made = order.create()
    if made.good:
        path, form = f"{INTENTS}/{made.body['id']}/confirm", card(order.dice.choice(GOOD_NUMBERS))

        def click(till: Till, hand: str) -> None:
            till.post(order.number, "confirm", path, form, key=order.key(f"click-{hand}"))

        order.together(lambda till: click(till, "left"), lambda till: click(till, "right"))


def sends_twice(order: Order) -> None:
    """The same request under the same key at the same moment, as an impatient proxy would."""
    facts = {"amount": order.amount, "currency": order.currency, "metadata[order]": order.number}
    form = {**facts, "confirm": "true", **card(order.dice.choice(GOOD_NUMBERS))}

    def send(till: Till) -> None:
        till.post(order.number, "create", INTENTS, form, key=order.key("create"))

    order.together(send, send)


def is_declined_first(order: Order) -> None:
    made = order.create(confirm="true", **card(order.dice.choice(REFUSED_NUMBERS)))
    intent = (made.body.get("error") or {}).get("payment_intent") or {}
    if intent.get("id"):
        path = f"{INTENTS}/{intent['id']}/confirm"
        order.post("confirm", path, "again", **card(order.dice.choice(GOOD_NUMBERS)))


def captures(order: Order) -> None:
    made = order.create(confirm="true", capture_method="manual", **card(order.dice.choice(GOOD_NUMBERS)))
    if made.good:
        part = {} if order.dice.random() < 0.5 else {"amount_to_capture": part_of(order)}
        path = f"{INTENTS}/{made.body['id']}/capture"
        if order.post("capture", path, "capture", **part).good and order.dice.random() < 0.4:
            order.post("refund", REFUNDS, "refund", payment_intent=made.body["id"])


def cancels(order: Order) -> None:
    manual = order.dice.random() < 0.7
    form = card(order.dice.choice(GOOD_NUMBERS)) | {"confirm": "true"} if manual else {}
    made = order.create(capture_method="manual", **form)
    if made.good:
        order.post("cancel", f"{INTENTS}/{made.body['id']}/cancel", "cancel")


def captures_and_cancels(order: Order) -> None:
    """Two clerks at once: only one of the two may win."""
    made = order.create(confirm="true", capture_method="manual", **card(order.dice.choice(GOOD_NUMBERS)))
    if made.good:

        def act(till: Till, verb: str) -> None:
            path = f"{INTENTS}/{made.body['id']}/{verb}"
            till.post(order.number, verb, path, {}, key=order.key(verb))

        order.together(lambda till: act(till, "capture"), lambda till: act(till, "cancel"))


def refunds(order: Order) -> None:
    """In parts, until there is nothing left, and once more."""
    paid = pays_at_once(order)
    for number in range(3 if paid.good else 0):
        form = {"amount": part_of(order)} if number == 0 else {}
        order.post("refund", REFUNDS, f"refund-{number}", payment_intent=paid.body["id"], **form)


def refunds_at_once(order: Order) -> None:
    """Two clerks give back more than half each: only one of the two may."""
    paid = pays_at_once(order)
    if paid.good:
        amount = order.amount - part_of(order) // 4 // 10 * 10

        def give_back(till: Till, hand: str) -> None:
            form = {"payment_intent": paid.body["id"], "amount": amount}
            till.post(order.number, "refund", REFUNDS, form, key=order.key(f"refund-{hand}"))

        order.together(lambda till: give_back(till, "left"), lambda till: give_back(till, "right"))


def pays_a_session(order: Order) -> None:
    """The hosted order by the plain JSON interface, paid from two windows."""
    form = {"amount": order.amount, "currency": order.currency, "success_url": "https://example.com/thanks"}
    form["metadata"] = {"order": str(order.number)}
    made = order.till.post(
        order.number, "initiate", "/payment/initiate", form, key=order.key("initiate"), as_json=True
    )
    if made.good:
        number = order.dice.choice(GOOD_NUMBERS)
        details = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": code_of(number)}
        paid = {"card": details, "billing_details": {"email": "jenny@example.com"}}
        paid["transaction_id"] = made.body["transaction_id"]

        def pay(till: Till, window: str) -> None:
            till.post(
                order.number, "pay", "/payment/confirm", paid, key=order.key(f"pay-{window}"), as_json=True
            )

        order.together(lambda till: pay(till, "left"), lambda till: pay(till, "right"))
        order.till.get(order.number, f"/payment/status/{made.body['transaction_id']}")


def is_challenged(order: Order) -> None:
    """3-D Secure: the customer goes through with it, goes away, or the merchant cancels meanwhile."""
    form = card(CHALLENGED_NUMBER) | {"return_url": "https://example.com/back"}
    made = order.create(confirm="true", **form)
    action = made.body.get("next_action") or {}
    url = (action.get("redirect_to_url") or {}).get("url")
    if url is None or order.dice.random() < 0.1:
        return
    cancels, customer = order.dice.random() < 0.25, random.Random(order.dice.random())

    def cancel(till: Till) -> None:
        if cancels:
            path = f"{INTENTS}/{made.body['id']}/cancel"
            till.post(order.number, "cancel", path, {}, key=order.key("cancel"))

    order.together(cancel, lambda _: takes_the_challenge(url, customer))
    order.till.get(order.number, f"{INTENTS}/{made.body['id']}")


SCENARIOS: tuple[tuple[Callable[[Order], Any], int], ...] = (
    (pays_at_once, 28),
    (pays_later, 10),
    (clicks_twice, 6),
    (sends_twice, 6),
    (is_declined_first, 8),
    (captures, 10),
    (cancels, 6),
    (captures_and_cancels, 4),
    (refunds, 8),
    (refunds_at_once, 8),
    (pays_a_session, 6),
    (is_challenged, 6),
    (is_disputed, 8),
    (is_inquired, 3),
    (is_warned, 3),
    (refunds_slowly, 7),
    (pays_by_upi, 5),
    (pays_by_redirect, 4),
    (pays_by_debit, 4),
    (buys_without_a_card, 6),
)


class Crowd:
    """Threads that work off so many orders, or as many as fit into `load_seconds`; `done` counts them."""

    def __init__(
        self,
        gateways: Sequence[int],
        secret_key: str,
        seed: int,
        orders: int,
        load_seconds: float | None = None,
        *,
        days_pass: bool = True,
    ) -> None:
        self.journal = ClientJournal()
        self.done = 0
        self._days_pass = days_pass
        self._seed = seed
        self._orders = orders
        self._last_taken_at = math.inf if load_seconds is None else time.monotonic() + load_seconds
        self._next = 0
        self._patience_seconds = PATIENCE_SECONDS
        self._guard = threading.Lock()
        self._gateways = gateways
        self._secret_key = secret_key

    def run(self, threads: int, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        hands = [threading.Thread(target=self._shop, args=(turn,), daemon=True) for turn in range(threads)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()

    def _shop(self, turn: int) -> None:
        patience_seconds = self._patience_seconds
        till, spare = (
            Till(
                self._gateways, self._secret_key, self.journal, patience_seconds=patience_seconds, turn=first
            )
            for first in (turn, turn + 1)
        )
        while (number := self._taken()) is not None:
            dice = random.Random(f"{self._seed}/{number}")
            scenarios, weights = zip(*SCENARIOS, strict=True)
            amount = dice.randrange(50, 50_000) * 10
            order = Order(number, dice, till, spare, amount, dice.choice(CURRENCIES), self._days_pass)
            dice.choices(scenarios, weights)[0](order)
            with self._guard:
                self.done += 1
        till.close()
        spare.close()

    def _taken(self) -> int | None:
        with self._guard:
            if self._next == self._orders or time.monotonic() > self._last_taken_at:
                return None
            self._next += 1
            return self._next
