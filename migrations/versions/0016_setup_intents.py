"""Cards that are kept for later: setup intents and the tries of each."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "setup_intents",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("usage", sa.String(), nullable=False),
        sa.Column("client_secret", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String()),
        sa.Column("payment_method_id", sa.String()),
        sa.Column("latest_attempt_id", sa.String()),
        sa.Column("attempt_id", sa.String()),
        sa.Column("checkout_session_id", sa.String()),
        sa.Column("automatic_payment_methods", DOCUMENT),
        sa.Column("payment_method_types", DOCUMENT, nullable=False),
        sa.Column("payment_method_options", DOCUMENT),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.Column("last_setup_error", DOCUMENT),
        sa.Column("next_action", DOCUMENT),
        sa.Column("cancellation_reason", sa.String()),
        sa.Column("metadata", DOCUMENT, nullable=False),
    )
    op.create_index("ix_setup_intents_list", "setup_intents", ["account_id", "livemode", "id"])
    op.create_index("ix_setup_intents_customer", "setup_intents", ["customer_id", "id"])
    op.create_index("ix_setup_intents_payment_method", "setup_intents", ["payment_method_id", "id"])
    op.create_table(
        "setup_attempts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("setup_intent_id", sa.String(), nullable=False),
        sa.Column("payment_method_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String()),
        sa.Column("usage", sa.String(), nullable=False),
        sa.Column("card", DOCUMENT, nullable=False),
        sa.Column("setup_error", DOCUMENT),
    )
    op.create_index("ix_setup_attempts_list", "setup_attempts", ["account_id", "livemode", "id"])
    op.create_index("ix_setup_attempts_setup_intent", "setup_attempts", ["setup_intent_id", "id"])


def downgrade() -> None:
    op.drop_table("setup_attempts")
    op.drop_table("setup_intents")
