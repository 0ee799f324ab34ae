"""What changes an order's total: its discount, taxes and delivery, and each line's share of them."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("checkout_sessions", sa.Column("adjustments", DOCUMENT))
    op.add_column("checkout_line_items", sa.Column("adjustments", DOCUMENT))
    op.create_index("ix_discounts_session", "discounts", ["session_id"])


def downgrade() -> None:
    op.drop_index("ix_discounts_session", "discounts")
    op.drop_column("checkout_line_items", "adjustments")
    op.drop_column("checkout_sessions", "adjustments")
