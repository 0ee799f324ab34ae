"""Prices whose amount the customer chooses, and the limits of each line that has one."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.add_column("prices", sa.Column("custom_unit_amount", DOCUMENT))
    op.add_column("checkout_line_items", sa.Column("custom_amount", DOCUMENT))


def downgrade() -> None:
    op.drop_column("checkout_line_items", "custom_amount")
    op.drop_column("prices", "custom_unit_amount")
