"""What Florin knows of a payment at Stripe: its ids there, bound to our reference before any money can move.

An adapter has no transaction of its own caller's to write in: the claim is committed and the answer is not
there yet. So each verb here is one statement that stands by itself (docs/decisions/0010).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Base, Id, db
from payments.charging.attempts import Attempt

# A reference is bound to one id of each kind, and to none once it was buried; the second changes no row.
_BIND = text(
    "INSERT INTO stripe_payments (reference, created, payment_intent_id, checkout_session_id, buried) "
    "VALUES (:reference, :created, :payment_intent_id, :checkout_session_id, false) "
    "ON CONFLICT (reference) DO UPDATE SET "
    "payment_intent_id = coalesce(stripe_payments.payment_intent_id, excluded.payment_intent_id), "
    "checkout_session_id = coalesce(stripe_payments.checkout_session_id, excluded.checkout_session_id) "
    "WHERE NOT stripe_payments.buried "
    "AND coalesce(stripe_payments.payment_intent_id, excluded.payment_intent_id, '') = "
    "coalesce(excluded.payment_intent_id, stripe_payments.payment_intent_id, '') "
    "AND coalesce(stripe_payments.checkout_session_id, excluded.checkout_session_id, '') = "
    "coalesce(excluded.checkout_session_id, stripe_payments.checkout_session_id, '')"
)
_BURY = text(
    "INSERT INTO stripe_payments (reference, created, payment_intent_id, checkout_session_id, buried) "
    "VALUES (:reference, :created, NULL, NULL, true) "
    "ON CONFLICT (reference) DO UPDATE SET buried = true "
    "WHERE stripe_payments.payment_intent_id IS NULL AND stripe_payments.checkout_session_id IS NULL"
)


class StripePayment(Base):
    """One authorisation of ours and what it is called at Stripe. No noun of the wire."""

    __tablename__ = "stripe_payments"
    __table_args__ = (
        Index("ix_stripe_payments_intent", "payment_intent_id"),
        Index("ix_stripe_payments_session", "checkout_session_id"),
    )

    reference: Mapped[Id] = mapped_column(primary_key=True)
    created: Mapped[int]
    payment_intent_id: Mapped[Id | None]
    checkout_session_id: Mapped[Id | None]
    buried: Mapped[bool]


@dataclass(frozen=True, slots=True)
class Known:
    """A row as it was read."""

    reference: str
    payment_intent_id: str | None
    checkout_session_id: str | None
    buried: bool


def bind(
    reference: str, *, payment_intent_id: str | None = None, checkout_session_id: str | None = None
) -> bool:
    """Write down Stripe's ids, durably; False where the reference was buried or has others already."""
    values = {
        "reference": reference,
        "created": clock.now(),
        "payment_intent_id": payment_intent_id,
        "checkout_session_id": checkout_session_id,
    }
    return _changed(_BIND, values)


def bury(reference: str) -> bool:
    """See to it that no id will ever be bound; False where one is bound already."""
    return _changed(_BURY, {"reference": reference, "created": clock.now()})


def find(reference: str) -> Known | None:
    """Return what is known under our reference."""
    return _read(StripePayment.reference == reference)


def of_intent(payment_intent_id: str) -> Known | None:
    """Return what is known of one of Stripe's payment intents."""
    return _read(StripePayment.payment_intent_id == payment_intent_id)


def of_session(checkout_session_id: str) -> Known | None:
    """Return what is known of one of Stripe's checkout sessions."""
    return _read(StripePayment.checkout_session_id == checkout_session_id)


def authorization_of(refund_reference: str) -> str | None:
    """Return the authorisation that a refund of ours gives back."""
    query = select(Attempt.authorization).where(Attempt.id == refund_reference)
    with db.engine.connect() as connection:
        return connection.execute(query).scalar()


def _changed(statement: Any, values: Mapping[str, Any]) -> bool:
    # A connection of its own for a moment, in autocommit as all of the engine's are.
    with db.engine.connect() as connection:
        return connection.execute(statement, values).rowcount == 1


def _read(condition: ColumnElement[bool]) -> Known | None:
    row = StripePayment
    columns = (row.reference, row.payment_intent_id, row.checkout_session_id, row.buried)
    with db.engine.connect() as connection:
        found = connection.execute(select(*columns).where(condition)).first()
    return Known(*found) if found is not None else None
