"""An index that gives an account's sum and its newest entries, in place of one that named the account alone.

The same number of indexes stand on the table afterwards; whoever still runs the version before finds all that
the old index found.
"""

from alembic import op

from migrations.indexes import create_concurrently, outside_transaction

revision = "0039"
down_revision = "0038"

TABLE = "ledger_entries"
OLD, NEW = "ix_ledger_entries_account", "ix_ledger_entries_statement"
COLUMNS = ["account_id", "livemode", "book", "currency"]


def upgrade() -> None:
    create_concurrently(NEW, TABLE, [*COLUMNS, "seq", "amount_minor"])
    _drop(OLD)


def downgrade() -> None:
    create_concurrently(OLD, TABLE, COLUMNS)
    _drop(NEW)


def _drop(name: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.drop_index(name, TABLE)
        return
    with outside_transaction():
        op.drop_index(name, TABLE, postgresql_concurrently=True, if_exists=True)
