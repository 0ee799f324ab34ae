"""Tax rates and shipping rates."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "tax_rates",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("percentage", sa.String(), nullable=False),
        sa.Column("inclusive", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("details", DOCUMENT, nullable=False),
    )
    op.create_index("ix_tax_rates_list", "tax_rates", ["account_id", "livemode", "id"])
    op.create_table(
        "shipping_rates",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("currency_options", DOCUMENT),
        sa.Column("delivery_estimate", DOCUMENT),
        sa.Column("tax_behavior", sa.String(), nullable=False),
        sa.Column("tax_code", sa.String()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("amount BETWEEN 0 AND 99999999", name="ck_shipping_rates_amount"),
    )
    op.create_index("ix_shipping_rates_list", "shipping_rates", ["account_id", "livemode", "id"])


def downgrade() -> None:
    op.drop_table("shipping_rates")
    op.drop_table("tax_rates")
