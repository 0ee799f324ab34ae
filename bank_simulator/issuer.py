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


@dataclass(frozen=True)
class IssuerAnswer:
    """`response_code` is ISO 8583's field 39; a check is None where its field was not sent."""

    response_code: str
    checks: dict[str, str | None]


def decide(tx: Connection, message: Message, limits: Limits) -> IssuerAnswer:
    """Approves and moves the money in the account, or declines and moves none."""
    refusal = _refusal(message)
    if refusal is None and message.amount_minor > 0:
        refusal = _take(tx, message, limits)
    return IssuerAnswer(APPROVED if refusal is None else RESPONSE_CODES[refusal], _checks(message))


def settle(tx: Connection, fingerprint: str, currency: str, held_minor: int, captured_minor: int) -> None:
    """Ends a hold: what was captured leaves the account, the rest is free again."""
    _move(tx, fingerprint, currency, balance_by=-captured_minor, held_by=-held_minor)


def credit(tx: Connection, fingerprint: str, currency: str, amount_minor: int) -> None:
    _move(tx, fingerprint, currency, balance_by=amount_minor, held_by=0)


def _refusal(message: Message) -> str | None:
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
    match message.card.authentication:
        case "always":
            return True
        case "on_session":
            return message.customer_present
        case _:
            return False


def _checks(message: Message) -> dict[str, str | None]:
    sent = {CVC: message.cvc, LINE1: message.line1, POSTAL_CODE: message.postal_code}
    return {name: _check(message, name, value) for name, value in sent.items()}


def _check(message: Message, name: str, value: str | None) -> str | None:
    if value is None:
        return None
    if name in message.card.failing:
        return message.card.check_result
    wrong_cvc = len(value) != message.brand.cvc_length or message.card.decline_code == "incorrect_cvc"
    return "fail" if name == CVC and wrong_cvc else "pass"


def _take(tx: Connection, message: Message, limits: Limits) -> str | None:
    """Holds the amount, or spends it where it is captured at once; else the name of the refusal."""
    of_account = {"fingerprint": message.fingerprint, "currency": message.currency}
    row = tx.execute(_locked_account, of_account).mappings().first()
    account = _new_account(message, limits) if row is None else dict(row)
    if message.now - account["window_started"] >= limits.velocity_window_seconds:
        account |= {"window_started": message.now, "window_count": 0}
    if message.amount_minor > limits.transaction_minor or account["window_count"] >= limits.velocity_count:
        return "card_velocity_exceeded"
    if message.amount_minor > account["balance_minor"] - account["held_minor"]:
        return "insufficient_funds"
    account["window_count"] += 1
    if message.capture:
        account["balance_minor"] -= message.amount_minor
    else:
        account["held_minor"] += message.amount_minor
    if row is None:
        tx.execute(_open_account, account)
    else:
        tx.execute(_write_account, {f"new_{name}": value for name, value in account.items()})
    return None


def _new_account(message: Message, limits: Limits) -> dict[str, Any]:
    return {
        "fingerprint": message.fingerprint,
        "currency": message.currency,
        "balance_minor": limits.balance_minor,
        "held_minor": 0,
        "window_started": message.now,
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
