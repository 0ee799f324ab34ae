"""The issuer's challenge: what is kept of it from the payment that asked for it until its holder ends it."""

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    String,
    Table,
    bindparam,
    insert,
    select,
    update,
)

from bank_simulator import schedule
from bank_simulator.tables import authorizations, metadata

TIME_OUT = "challenge.time_out"
TRIES = 3

challenges = Table(
    "bank_challenges",
    metadata,
    Column("reference", String(64), primary_key=True),
    Column("token", String(64), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("wrong_answers", Integer, nullable=False),
    Column("capture", Boolean, nullable=False),
    Column("refusal_after", String(2)),  # the response code that this card gets once it has passed
    Column("merchant", String(500), nullable=False),
    Column("return_url", String(2000), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)


@dataclass(frozen=True)
class Challenge:
    """`state` is open, or how it ended: passed, rejected, canceled, timed_out or withdrawn."""

    reference: str
    token: str
    kind: str
    state: str
    wrong_answers: int
    capture: bool
    refusal_after: str | None
    merchant: str
    return_url: str
    created: int
    expires_at: int
    amount_minor: int
    currency: str
    card_brand: str
    card_masked: str

    @property
    def open(self) -> bool:
        return self.state == "open"

    @property
    def tries_left(self) -> int:
        return TRIES - self.wrong_answers


def begin(tx: Connection, values: dict[str, Any], *, open_seconds: int) -> str:
    """Opens the challenge of an authorisation, which has one at most; returns the word in its address."""
    token = secrets.token_urlsafe(32)
    expires_at = values["created"] + open_seconds
    begun = {"token": token, "state": "open", "wrong_answers": 0, "expires_at": expires_at}
    tx.execute(insert(challenges), {**values, **begun})
    schedule.put(tx, expires_at, TIME_OUT, values["reference"])
    return token


def by_token(tx: Connection, token: str) -> Challenge | None:
    return _read(tx, challenges.c.token == bindparam("key"), token)


def of(tx: Connection, reference: str) -> Challenge | None:
    return _read(tx, challenges.c.reference == bindparam("key"), reference)


def mark(tx: Connection, reference: str, **values: Any) -> None:
    """Changes the state, or the count of wrong answers; of what has no challenge, nothing."""
    tx.execute(update(challenges).where(challenges.c.reference == reference).values(**values))


def _read(tx: Connection, condition: Any, key: str) -> Challenge | None:
    row = tx.execute(_with_card.where(condition), {"key": key}).mappings().first()
    return None if row is None else Challenge(**row)


_with_card = select(
    challenges,
    authorizations.c.amount_minor,
    authorizations.c.currency,
    authorizations.c.card_brand,
    authorizations.c.card_masked,
).join(authorizations, authorizations.c.reference == challenges.c.reference)
