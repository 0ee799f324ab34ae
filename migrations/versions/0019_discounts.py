"""Coupons, promotion codes, and what they were used for."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "coupons",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("custom_id", ID),
        sa.Column("name", sa.String()),
        sa.Column("percent_off", sa.String()),
        sa.Column("amount_off", sa.BigInteger()),
        sa.Column("currency", sa.String()),
        sa.Column("currency_options", DOCUMENT),
        sa.Column("duration", sa.String(), nullable=False),
        sa.Column("duration_in_months", sa.BigInteger()),
        sa.Column("max_redemptions", sa.BigInteger()),
        sa.Column("redeem_by", sa.BigInteger()),
        sa.Column("products", DOCUMENT),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.CheckConstraint("amount_off > 0", name="ck_coupons_amount_off"),
        sa.CheckConstraint(
            "(amount_off IS NULL) <> (percent_off IS NULL)", name="ck_coupons_amount_or_percent"
        ),
    )
    op.create_index("ix_coupons_list", "coupons", ["account_id", "livemode", "id"])
    op.create_index("uq_coupons_custom_id", "coupons", ["account_id", "livemode", "custom_id"], unique=True)
    op.create_table(
        "promotion_codes",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("coupon_id", ID, nullable=False),
        sa.Column("customer_id", sa.String()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("max_redemptions", sa.BigInteger()),
        sa.Column("restrictions", DOCUMENT, nullable=False),
        sa.CheckConstraint("max_redemptions > 0", name="ck_promotion_codes_limit"),
    )
    op.create_index("ix_promotion_codes_list", "promotion_codes", ["account_id", "livemode", "id"])
    op.create_index("ix_promotion_codes_coupon", "promotion_codes", ["coupon_id", "id"])
    op.create_table(
        "promotion_code_holders",
        sa.Column("id", ID, primary_key=True),
        sa.Column("promotion_code_id", ID),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "discounts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("coupon_id", ID, nullable=False),
        sa.Column("coupon", DOCUMENT, nullable=False),
        sa.Column("promotion_code_id", ID),
        sa.Column("customer_id", sa.String()),
        sa.Column("session_id", sa.String()),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger()),
        sa.Column("coupon_slot", sa.BigInteger()),
        sa.Column("code_slot", sa.BigInteger()),
    )
    op.create_index("ix_discounts_list", "discounts", ["account_id", "livemode", "id"])
    op.create_index("ix_discounts_coupon", "discounts", ["coupon_id", "status"])
    op.create_index("ix_discounts_promotion_code", "discounts", ["promotion_code_id", "status"])
    op.create_index("uq_discounts_coupon_slot", "discounts", ["coupon_id", "coupon_slot"], unique=True)
    op.create_index("uq_discounts_code_slot", "discounts", ["promotion_code_id", "code_slot"], unique=True)
    op.add_column("customers", sa.Column("discount_id", ID))


def downgrade() -> None:
    op.drop_column("customers", "discount_id")
    op.drop_table("discounts")
    op.drop_table("promotion_code_holders")
    op.drop_table("promotion_codes")
    op.drop_table("coupons")
