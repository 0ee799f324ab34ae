"""Confirmation tokens: how customers want to pay, until it is used once."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.create_table(
        "confirmation_tokens",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("payment_method_id", sa.String(), nullable=False),
        sa.Column("carried", DOCUMENT, nullable=False),
        sa.Column("payment_intent_id", sa.String()),
        sa.Column("setup_intent_id", sa.String()),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_confirmation_tokens_list", "confirmation_tokens", ["account_id", "livemode", "id"])


def downgrade() -> None:
    op.drop_table("confirmation_tokens")
