"""Early fraud warnings: the issuer has reason to think that a payment was not its holder's own doing."""

import secrets
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, String, Table, bindparam, insert, select

from bank_simulator import authorizations, futures, notices, own_entries, schedule
from bank_simulator.errors import NotFound
from bank_simulator.tables import metadata

FRAUD_TYPE = "misc"  # as in Stripe's own example of one

fraud_warnings = Table(
    "bank_fraud_warnings",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("authorization", String(64), nullable=False),
    Column("fraud_type", String(32), nullable=False),
    Column("created", BigInteger, nullable=False),
)


def warn(tx: Connection, authorization: str, now: int) -> None:
    """The schedule's."""
    books = authorizations.find(tx, authorization)
    if books is None:
        return
    row = {"id": f"fwn_{secrets.token_hex(12)}", "authorization": authorization, "fraud_type": FRAUD_TYPE}
    tx.execute(_open, {**row, "created": now})
    own_entries.append(tx, books, "fraud_warning", row["id"], now, outcome="warned", amount_minor=0)
    notices.put(tx, "fraud_warning.created", row["id"])


schedule.HANDLERS[futures.OPEN_WARNING] = warn


def as_answer(tx: Connection, warning_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    row = tx.execute(_find, {"warning": warning_id}).mappings().first()
    if row is None:
        raise NotFound("The bank has no fraud warning under this id.", "fraud_warning")
    return {"object": "fraud_warning", **row}


_open = insert(fraud_warnings)
_find = select(fraud_warnings).where(fraud_warnings.c.id == bindparam("warning"))
