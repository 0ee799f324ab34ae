"""The issuer: accounts with a balance, limits and velocity; expiry, CVC and address checks; the last word."""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from bank_simulator.cards import CVC, LINE1, POSTAL_CODE, Card
from bank_simulator.network import APPROVED, RESPONSE_CODES, Brand
from bank_simulator.tables import accounts

# These cards can be attached to a customer: a verification of zero finds no fault in them.
REFUSED_ON_CHARGES_ONLY = {"declined_after_attach", "risk"}


@dataclass(frozen=True)
class Limits:
    """An account's terms, generous so that tests and benchmarks meet them only when they mean to.

    The amounts are minor units of each currency; `velocity_count` is approvals in one window.
    """

    balance_minor: int = 1_000_000_000_000
    transaction_minor: int = 999_999_999_999
    velocity_count: int = 1_000_000
    velocity_window_seconds: int = 86_400


@dataclass(frozen=True)
class Message:
    """What the network brings. An amount of zero verifies the account and takes no money."""

    card: Card
    brand: Brand
    fingerprint: str
    amount_minor: int
    currency: str
    capture: bool
    exp_month: int
    exp_year: int
    cvc: str | None
    line1: str | None
    postal_code: str | None
    customer_present: bool
    now: int
    authenticated: bool = False  # the holder has proven who they are, or is about to
    set_up: bool = False  # an earlier payment kept the card, and was authenticated


@dataclass(frozen=True)
class Spending:
    """What a payment asks of an account."""

    fingerprint: str
    currency: str
    amount_minor: int
    capture: bool
    now: int


@dataclass(frozen=True)
class IssuerAnswer:
    """`response_code` is ISO 8583's field 39; a check is None where its field was not sent."""

    response_code: str
    checks: dict[str, str | None]


def decide(tx: Connection, message: Message, limits: Limits) -> IssuerAnswer:
    """Approves and moves the money in the account, or declines and moves none."""
    reason = refusal(message)
    if reason is None and message.amount_minor > 0:
        reason = take(tx, _spending(message), limits)
    return IssuerAnswer(APPROVED if reason is None else RESPONSE_CODES[reason], checks(message))


def settle(tx: Connection, fingerprint: str, currency: str, held_minor: int, captured_minor: int) -> None:
    """Ends a hold: what was captured leaves the account, the rest is free again."""
    _move(tx, fingerprint, currency, balance_by=-captured_minor, held_by=-held_minor)


def credit(tx: Connection, fingerprint: str, currency: str, amount_minor: int) -> None:
    _move(tx, fingerprint, currency, balance_by=amount_minor, held_by=0)


def take(tx: Connection, spending: Spending, limits: Limits) -> str | None:
    """Holds the amount, or spends it where it is captured at once; else the name of the refusal."""
    of_account = {"fingerprint": spending.fingerprint, "currency": spending.currency}
    row = tx.execute(_locked_account, of_account).mappings().first()
    account = _new_account(spending, limits) if row is None else dict(row)
    if spending.now - account["window_started"] >= limits.velocity_window_seconds:
        account |= {"window_started": spending.now, "window_count": 0}
    if spending.amount_minor > limits.transaction_minor or account["window_count"] >= limits.velocity_count:
        return "card_velocity_exceeded"
    if spending.amount_minor > account["balance_minor"] - account["held_minor"]:
        return "insufficient_funds"
    account["window_count"] += 1
    if spending.capture:
        account["balance_minor"] -= spending.amount_minor
    else:
        account["held_minor"] += spending.amount_minor
    if row is None:
        tx.execute(_open_account, account)
    else:
        tx.execute(_write_account, {f"new_{name}": value for name, value in account.items()})
    return None


def refusal(message: Message) -> str | None:
    """The name of what the issuer refuses without a look at the account."""
    card = message.card
    if _expired(message):
        return "expired_card"
    verification = message.amount_minor == 0
    if card.code is not None and not (verification and card.behaviour in REFUSED_ON_CHARGES_ONLY):
        return card.decline_code or card.code
    if message.cvc is not None and len(message.cvc) != message.brand.cvc_length:
        return "incorrect_cvc"
    if not verification and _must_authenticate(message):
        return "authentication_required"
    return None


def _expired(message: Message) -> bool:
    """A card is good until the last day of its month."""
    today = time.gmtime(message.now)
    return (message.exp_year, message.exp_month) < (today.tm_year, today.tm_mon)


def _must_authenticate(message: Message) -> bool:
    if message.authenticated:
        return False
    match message.card.authentication:
        case "always":
            return True
        case "unless_set_up":
            return not message.set_up
        case "on_session":
            return message.customer_present
        case _:
            return False


def checks(message: Message) -> dict[str, str | None]:
    """How each check came out, None where its field was not sent."""
    sent = {CVC: message.cvc, LINE1: message.line1, POSTAL_CODE: message.postal_code}
    return {name: _check(message, name, value) for name, value in sent.items()}


def _check(message: Message, name: str, value: str | None) -> str | None:
    if value is None:
        return None
    if name in message.card.failing:
        return message.card.check_result
    wrong_cvc = len(value) != message.brand.cvc_length or message.card.decline_code == "incorrect_cvc"
    return "fail" if name == CVC and wrong_cvc else "pass"


def _spending(message: Message) -> Spending:
    return Spending(message.fingerprint, message.currency, message.amount_minor, message.capture, message.now)


def _new_account(spending: Spending, limits: Limits) -> dict[str, Any]:
    return {
        "fingerprint": spending.fingerprint,
        "currency": spending.currency,
        "balance_minor": limits.balance_minor,
        "held_minor": 0,
        "window_started": spending.now,
        "window_count": 0,
    }


def _move(tx: Connection, fingerprint: str, currency: str, *, balance_by: int, held_by: int) -> None:
    moved = tx.execute(
        _move_account,
        {"of_fingerprint": fingerprint, "of_currency": currency, "b": balance_by, "h": held_by},
    )
    if moved.rowcount != 1:
        raise LookupError("An authorisation was approved on an account that the issuer does not have.")


_columns = accounts.c
_locked_account = (
    select(accounts)
    .where(_columns.fingerprint == bindparam("fingerprint"), _columns.currency == bindparam("currency"))
    .with_for_update()
)
_open_account = insert(accounts)
_write_account = (
    update(accounts)
    .where(
        _columns.fingerprint == bindparam("new_fingerprint"), _columns.currency == bindparam("new_currency")
    )
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("balance_minor", "held_minor", "window_started", "window_count")
        }
    )
)
_move_account = (
    update(accounts)
    .where(_columns.fingerprint == bindparam("of_fingerprint"), _columns.currency == bindparam("of_currency"))
    .values(
        balance_minor=_columns.balance_minor + bindparam("b"), held_minor=_columns.held_minor + bindparam("h")
    )
)
