"""Klarna: buy now, pay later. The customer sees what each plan costs and when, and agrees to one.

As in Klarna's own sandbox, an email address with `+denied` is refused; one with `+pending` takes a day.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bank_simulator.languages import N_, Words
from bank_simulator.methods.kinds import (
    CUSTOMER_REFUSED,
    PROVIDER_REFUSED,
    Approve,
    Ask,
    Facts,
    Method,
    Move,
    Payment,
    Refuse,
    Wait,
    currencies,
    knowing,
)

REVIEW_SECONDS = 24 * 3600
DAY_SECONDS = 24 * 3600
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


@dataclass(frozen=True)
class Plan:
    """When the customer pays: `after_days` has one entry for each instalment."""

    code: str
    name: Words
    note: Words
    after_days: tuple[int, ...]


PLANS = (
    Plan("pay_in_installments", N_("Pay in 3"), N_("three instalments, no interest"), (0, 30, 60)),
    Plan("pay_later", N_("Pay in 30 days"), N_("one payment after the goods have come"), (30,)),
    Plan("pay_now", N_("Pay now"), N_("the whole sum today"), (0,)),
)
# Part of the customer's email address -> how the payment ends.
ENDINGS: tuple[tuple[str, Move], ...] = (
    ("+denied@", Refuse(PROVIDER_REFUSED)),
    ("+pending@", Wait("waiting", REVIEW_SECONDS, Approve())),
)


def instalments(plan: Plan, amount_minor: int, today: int) -> list[tuple[int, int]]:
    """(day in seconds since 1970, amount) of each instalment; what cannot be split evenly is paid first."""
    share, rest = divmod(amount_minor, len(plan.after_days))
    return [
        (today + days * DAY_SECONDS, share + (rest if place == 0 else 0))
        for place, days in enumerate(plan.after_days)
    ]


def _begin(details: Facts, _now: int) -> Move:
    email = details.get("email", "")
    return Ask("plans", {"email": email, "country": details.get("country", "US").upper()})


def _act(payment: Payment, sent: Mapping[str, str]) -> Move:
    if sent.get("do") == "cancel":
        return Refuse(CUSTOMER_REFUSED)
    email = (sent.get("email") or payment.facts["email"]).strip()
    if EMAIL.fullmatch(email) is None:
        return Ask("plans", problem=N_("Enter your email address."))
    plan = next((plan for plan in PLANS if plan.code == sent.get("plan")), None)
    if plan is None:
        return Ask("plans", {"email": email}, problem=N_("Choose how you want to pay."))
    chosen = {"email": email, "payment_method_category": plan.code, "payer": f"klarna:{email}"}
    if sent.get("agree") != "yes":
        return Ask("plans", chosen, problem=N_("Agree to the terms of your plan to go on."))
    return knowing(next((move for part, move in ENDINGS if part in email), Approve()), chosen)


def _view(payment: Payment) -> dict[str, Any]:
    plans = [(plan, instalments(plan, payment.amount_minor, payment.created)) for plan in PLANS]
    return {"plans": plans, "chosen": payment.facts.get("payment_method_category", PLANS[0].code)}


KLARNA = Method(
    type="klarna",
    name="Klarna",
    currencies=currencies("aud cad chf czk dkk eur gbp nok nzd pln ron sek usd"),
    open_seconds=60 * 60,
    details=frozenset({"email", "country"}),
    told=("payment_method_category", "country"),
    begin=_begin,
    act=_act,
    view=_view,
)
