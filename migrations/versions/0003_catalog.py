"""Products and prices."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "price_lookup_keys",
        sa.Column("id", ID, primary_key=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("price_id", ID),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )

    op.create_table(
        "prices",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("product", ID, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("unit_amount", sa.BigInteger()),
        sa.Column("unit_amount_decimal", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("nickname", sa.String()),
        sa.Column("lookup_key", sa.String()),
        sa.Column("tax_behavior", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("recurring", DOCUMENT),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("unit_amount BETWEEN 0 AND 99999999", name="ck_prices_unit_amount"),
    )
    op.create_index("ix_prices_list", "prices", ["account_id", "livemode", "id"])
    op.create_index("ix_prices_lookup_key", "prices", ["account_id", "livemode", "lookup_key"])
    op.create_index("ix_prices_product", "prices", ["account_id", "livemode", "product", "id"])

    op.create_table(
        "products",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("custom_id", ID),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.Column("default_price", ID),
        sa.Column("has_prices", sa.Boolean(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_products_list", "products", ["account_id", "livemode", "id"])
    op.create_index("uq_products_custom_id", "products", ["account_id", "livemode", "custom_id"], unique=True)


def downgrade() -> None:
    op.drop_table("products")
    op.drop_table("prices")
    op.drop_table("price_lookup_keys")
