"""Balance."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import ID

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "balance_transactions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("description", sa.String()),
        sa.Column("available_on", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_index(
        "ix_balance_transactions_balance",
        "balance_transactions",
        ["account_id", "livemode", "currency", "available_on"],
    )
    op.create_index("ix_balance_transactions_list", "balance_transactions", ["account_id", "livemode", "id"])
    op.create_index("ix_balance_transactions_source", "balance_transactions", ["source_id"])


def downgrade() -> None:
    op.drop_table("balance_transactions")
