"""Prices that are plans: with an id of the merchant's own, and deleted."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import ID

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("prices", sa.Column("custom_id", ID))
    op.add_column("prices", sa.Column("deleted", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("prices") as table:
        table.alter_column("deleted", server_default=None)
    op.create_index("uq_prices_custom_id", "prices", ["account_id", "livemode", "custom_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_prices_custom_id", "prices")
    with op.batch_alter_table("prices") as table:
        table.drop_column("deleted")
        table.drop_column("custom_id")
