"""Counters of limits: how often a card, an address or a session has been tried, for all processes."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import ID

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "limit_counters",
        sa.Column("id", ID, primary_key=True),
        sa.Column("regained_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_limit_counters_regained", "limit_counters", ["regained_ms"])


def downgrade() -> None:
    op.drop_table("limit_counters")
