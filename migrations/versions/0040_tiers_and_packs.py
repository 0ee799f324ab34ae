"""Prices in tiers, and prices of packs."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.add_column("prices", sa.Column("tiers", DOCUMENT))
    op.add_column("prices", sa.Column("tiers_mode", sa.String()))
    op.add_column("prices", sa.Column("transform_quantity", DOCUMENT))


def downgrade() -> None:
    op.drop_column("prices", "transform_quantity")
    op.drop_column("prices", "tiers_mode")
    op.drop_column("prices", "tiers")
