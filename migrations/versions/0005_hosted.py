"""Hosted checkout."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "checkout_line_items",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("price_id", ID, nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_amount", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String()),
        sa.Column("images", DOCUMENT, nullable=False),
        sa.Column("price", DOCUMENT, nullable=False),
        sa.Column("metadata_", DOCUMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_checkout_line_items_list", "checkout_line_items", ["account_id", "livemode", "id"])
    op.create_index("ix_checkout_line_items_session", "checkout_line_items", ["session_id", "id"])

    op.create_table(
        "checkout_sessions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("payment_status", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_subtotal", sa.BigInteger(), nullable=False),
        sa.Column("amount_total", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("success_url", sa.String(), nullable=False),
        sa.Column("cancel_url", sa.String()),
        sa.Column("customer_id", sa.String()),
        sa.Column("payment_intent_id", sa.String()),
        sa.Column("recovered_from", sa.String()),
        sa.Column("customer_details", DOCUMENT),
        sa.Column("after_expiration", DOCUMENT),
        sa.Column("intent_data", DOCUMENT, nullable=False),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_checkout_sessions_customer", "checkout_sessions", ["customer_id", "id"])
    op.create_index("ix_checkout_sessions_due", "checkout_sessions", ["status", "expires_at"])
    op.create_index("ix_checkout_sessions_list", "checkout_sessions", ["account_id", "livemode", "id"])
    op.create_index("ix_checkout_sessions_payment_intent", "checkout_sessions", ["payment_intent_id"])


def downgrade() -> None:
    op.drop_table("checkout_sessions")
    op.drop_table("checkout_line_items")
