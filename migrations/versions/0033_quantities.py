"""How many of a line customers may choose."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column("checkout_line_items", sa.Column("adjustable", DOCUMENT))


def downgrade() -> None:
    op.drop_column("checkout_line_items", "adjustable")
