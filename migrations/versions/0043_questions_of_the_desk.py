"""What the merchant's pages ask: an account's sum and newest entries, and the seals of a time or a row.

The ledger's index takes the place of one that named the account alone; whoever still runs the version before
finds by it all that the old one found.
"""

from alembic import op

from migrations.indexes import create_concurrently, outside_transaction

revision = "0043"
down_revision = "0042"

TABLE = "ledger_entries"
OLD, NEW = "ix_ledger_entries_account", "ix_ledger_entries_statement"
COLUMNS = ["account_id", "livemode", "book", "currency"]
SEALS = {"ix_audit_seals_sealed_at": ["sealed_at", "seq"], "ix_audit_seals_last_seq": ["last_seq"]}


def upgrade() -> None:
    create_concurrently(NEW, TABLE, [*COLUMNS, "seq", "amount_minor"])
    _drop(OLD, TABLE)
    for name, columns in SEALS.items():
        create_concurrently(name, "audit_seals", columns)


def downgrade() -> None:
    create_concurrently(OLD, TABLE, COLUMNS)
    _drop(NEW, TABLE)
    for name in SEALS:
        _drop(name, "audit_seals")


def _drop(name: str, table: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.drop_index(name, table)
        return
    with outside_transaction():
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
