"""Paying at one's own bank: choose it, log in, pick an account, approve or cancel. Two methods share this."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bank_simulator.languages import N_, Words
from bank_simulator.methods.kinds import (
    CUSTOMER_REFUSED,
    NO_MONEY,
    Approve,
    Ask,
    Facts,
    Move,
    Payment,
    Refuse,
    Wait,
    knowing,
)

WRONG_PASSWORD = "wrong"  # noqa: S105 - the word that the log-in page refuses, and says so
SECOND_SIGNATURE_SECONDS = 30 * 60


@dataclass(frozen=True)
class Bank:
    """A bank that the customer may choose; `more` are facts that go back to the merchant."""

    code: str
    name: str
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Account:
    """One of the accounts that the customer finds after the log-in, and how a payment from it ends."""

    code: str
    name: Words
    note: Words
    move: Move


ACCOUNTS = (
    Account("current", N_("Current account"), N_("enough for this payment"), Approve()),
    Account("empty", N_("Savings account"), N_("nothing left in it"), Refuse(NO_MONEY)),
    Account(
        "joint",
        N_("Joint account"),
        N_("the second holder approves within 30 minutes"),
        Wait("waiting", SECOND_SIGNATURE_SECONDS, Approve()),
    ),
)


def begin(banks: tuple[Bank, ...], details: Facts) -> Move:
    """A bank that the caller has named already is not asked for again."""
    chosen = _named(banks, details.get("bank"))
    return Ask("bank_choose") if chosen is None else _at(chosen)


def act(banks: tuple[Bank, ...], payment: Payment, sent: Mapping[str, str]) -> Move:
    """Takes the customer one step further."""
    if sent.get("do") == "cancel":
        return Refuse(CUSTOMER_REFUSED)
    match payment.step:
        case "bank_choose":
            chosen = _named(banks, sent.get("bank"))
            return Ask("bank_choose", problem=N_("Choose your bank.")) if chosen is None else _at(chosen)
        case "bank_login":
            return _logged_in(payment, sent)
        case _:
            return _paid_from(sent)


def view(banks: tuple[Bank, ...], payment: Payment) -> dict[str, Any]:
    return {"banks": banks, "bank": _named(banks, payment.facts.get("bank")), "accounts": ACCOUNTS}


def _named(banks: tuple[Bank, ...], code: str | None) -> Bank | None:
    return next((bank for bank in banks if bank.code == code), None)


def _at(bank: Bank) -> Move:
    return Ask("bank_login", {"bank": bank.code, "bank_name": bank.name, **dict(bank.more)})


def _logged_in(payment: Payment, sent: Mapping[str, str]) -> Move:
    customer, password = sent.get("customer", "").strip(), sent.get("password", "")
    if not customer or not password:
        return Ask("bank_login", problem=N_("Enter your customer number and your password."))
    if password == WRONG_PASSWORD:
        return Ask("bank_login", problem=N_("Customer number or password is wrong."))
    return Ask("bank_accounts", {"payer": f"{payment.method}:{payment.facts['bank']}:{customer[:64]}"})


def _paid_from(sent: Mapping[str, str]) -> Move:
    account = next((account for account in ACCOUNTS if account.code == sent.get("account")), None)
    if account is None:
        return Ask("bank_accounts", problem=N_("Choose the account to pay from."))
    return knowing(account.move, {"account": account.code, "transaction_id": secrets.token_hex(8)})
