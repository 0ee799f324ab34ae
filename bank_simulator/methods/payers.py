"""The account behind a payment by another method: opened when it is first heard of, drawn on when it pays."""

import hashlib
import hmac

from sqlalchemy import Connection, bindparam, insert, select, update

from bank_simulator.issuer import Limits
from bank_simulator.tables import accounts


def mark(key: bytes, payer: str) -> str:
    """Keyed, as the fingerprint of a card number is: an account number is as easily guessed."""
    return hmac.new(key, b"payer:" + payer.encode(), hashlib.sha256).hexdigest()


def make_known(tx: Connection, fingerprint: str, currency: str, limits: Limits, now: int) -> None:
    """Opens the account where there is none yet."""
    of_account = {"fingerprint": fingerprint, "currency": currency}
    if tx.execute(_find, of_account).first() is None:
        row = {
            "balance_minor": limits.balance_minor,
            "held_minor": 0,
            "window_started": now,
            "window_count": 0,
        }
        tx.execute(insert(accounts), {**of_account, **row})


def draw(tx: Connection, fingerprint: str, currency: str, amount_minor: int, *, capture: bool) -> bool:
    """Takes the amount, or holds it; False where there is not that much."""
    row = tx.execute(_find, {"fingerprint": fingerprint, "currency": currency}).mappings().one()
    if amount_minor > row["balance_minor"] - row["held_minor"]:
        return False
    moved = {"b": -amount_minor if capture else 0, "h": 0 if capture else amount_minor}
    tx.execute(_move, {"of_fingerprint": fingerprint, "of_currency": currency, **moved})
    return True


_columns = accounts.c
_find = (
    select(accounts)
    .where(_columns.fingerprint == bindparam("fingerprint"), _columns.currency == bindparam("currency"))
    .with_for_update()
)
_move = (
    update(accounts)
    .where(_columns.fingerprint == bindparam("of_fingerprint"), _columns.currency == bindparam("of_currency"))
    .values(
        balance_minor=_columns.balance_minor + bindparam("b"), held_minor=_columns.held_minor + bindparam("h")
    )
)
