"""The bank's books beyond payments: settlements and their files, merchants' accounts and their payouts."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    event,
    insert,
    select,
    update,
)

from bank_simulator.tables import metadata

COUNTED = BigInteger().with_variant(Integer, "sqlite")

# How far clearing has come: the last journal entry that it has seen, and how many cut-offs there were.
progress = Table(
    "bank_clearing",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("bank_name", String(32), nullable=False),
    Column("cleared_seq", BigInteger, nullable=False),
    Column("cut_offs", BigInteger, nullable=False),
)

settlements = Table(
    "bank_settlements",
    metadata,
    Column("seq", COUNTED, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("merchant_id", String(64), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("business_date", String(10), nullable=False),
    Column("line_count", BigInteger, nullable=False),
    Column("gross_minor", BigInteger, nullable=False),
    Column("costs_minor", BigInteger, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("closed_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

# Each line of a file as it is sent, without its line feed.
lines = Table(
    "bank_settlement_lines",
    metadata,
    Column("settlement_id", String(64), primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("text", Text, nullable=False),
)

merchant_accounts = Table(
    "bank_merchant_accounts",
    metadata,
    Column("merchant_id", String(64), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("balance_minor", BigInteger, nullable=False),
)

# `status` is pending, paid, failed (nothing arrived) or returned (it arrived and was sent back).
payouts = Table(
    "bank_payouts",
    metadata,
    Column("reference", String(64), primary_key=True),
    Column("merchant_id", String(64), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", String(32)),
    Column("account_last4", String(4), nullable=False),
    Column("ending", String(16), nullable=False),
    Column("trace_id", String(32)),
    Column("arrives_at", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Index("ix_bank_payouts_merchant", "merchant_id", "created"),
)


def credit(tx: Connection, merchant_id: str, currency: str, amount_minor: int) -> int:
    """Adds to a merchant's account (or takes from it) and returns what stands there then."""
    key = {"of_merchant": merchant_id, "of_currency": currency}
    row = tx.execute(_account, key).first()
    if row is None:
        opened = {"merchant_id": merchant_id, "currency": currency, "balance_minor": amount_minor}
        tx.execute(insert(merchant_accounts), opened)
        return amount_minor
    balance_minor = int(row.balance_minor) + amount_minor
    tx.execute(_set_balance, {**key, "to": balance_minor})
    return balance_minor


_mine = (
    merchant_accounts.c.merchant_id == bindparam("of_merchant"),
    merchant_accounts.c.currency == bindparam("of_currency"),
)
_account = select(merchant_accounts.c.balance_minor).where(*_mine).with_for_update()
_set_balance = update(merchant_accounts).where(*_mine).values(balance_minor=bindparam("to"))

_GUARDS: dict[str, tuple[str, ...]] = {
    "sqlite": (
        """CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
            BEGIN SELECT RAISE(ABORT, 'a settlement never changes'); END""",
        """CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
            BEGIN SELECT RAISE(ABORT, 'a settlement never changes'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION bank_settlement_is_closed() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'a settlement never changes'; END $$""",
        """CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION bank_settlement_is_closed()""",
        """CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION bank_settlement_is_closed()""",
    ),
}


@event.listens_for(settlements, "after_create")
@event.listens_for(lines, "after_create")
def _guard(table: Table, connection: Connection, **_: Any) -> None:
    for statement in _GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement.format(table=table.name))
