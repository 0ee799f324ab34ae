"""Unused tokens are found by their age; a deleted coupon keeps the name that it was known by."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import ID

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    kept = sa.text("sealed_number IS NOT NULL")
    op.create_index("ix_tokens_unused", "tokens", ["created"], sqlite_where=kept, postgresql_where=kept)
    op.add_column("coupons", sa.Column("former_id", ID))


def downgrade() -> None:
    op.drop_column("coupons", "former_id")
    op.drop_index("ix_tokens_unused", "tokens")
