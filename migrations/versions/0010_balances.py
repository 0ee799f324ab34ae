"""Balances: folds, settlement currencies, exchange rates."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import ID

revision = "0010"
down_revision = "0009"

WAITING = sa.text("fold IS NULL")
FOLDED = sa.text("fold IS NOT NULL")
OF_BALANCE = ["account_id", "livemode", "currency"]


def upgrade() -> None:
    op.add_column("balance_transactions", sa.Column("exchange_rate", sa.String()))
    op.add_column("balance_transactions", sa.Column("reporting_category", sa.String()))
    op.add_column("balance_transactions", sa.Column("fold", sa.BigInteger()))
    op.drop_index("ix_balance_transactions_balance", "balance_transactions")
    op.create_index(
        "ix_balance_transactions_waiting", "balance_transactions", [*OF_BALANCE, "available_on"],
        sqlite_where=WAITING, postgresql_where=WAITING,
    )  # fmt: skip
    op.create_index(
        "ix_balance_transactions_folded", "balance_transactions", [*OF_BALANCE, "fold"],
        sqlite_where=FOLDED, postgresql_where=FOLDED,
    )  # fmt: skip

    op.add_column("merchants", sa.Column("settlement_currency", sa.String()))
    op.add_column(
        "merchants", sa.Column("payout_interval", sa.String(), nullable=False, server_default="daily")
    )
    with op.batch_alter_table("merchants") as table:
        table.alter_column("payout_interval", server_default=None)

    op.create_table(
        "folded_balances",
        sa.Column("account_id", ID, primary_key=True),
        sa.Column("livemode", sa.Boolean(), primary_key=True),
        sa.Column("currency", sa.String(), primary_key=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fold", sa.BigInteger(), nullable=False),
        sa.Column("paid_fold", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("folded_balances")
    with op.batch_alter_table("merchants") as table:
        table.drop_column("payout_interval")
        table.drop_column("settlement_currency")
    op.drop_index("ix_balance_transactions_folded", "balance_transactions")
    op.drop_index("ix_balance_transactions_waiting", "balance_transactions")
    op.create_index("ix_balance_transactions_balance", "balance_transactions", [*OF_BALANCE, "available_on"])
    for name in ("fold", "reporting_category", "exchange_rate"):
        op.drop_column("balance_transactions", name)
