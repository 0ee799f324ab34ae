"""Intents, charges, refunds and payment methods."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("acquirer", sa.String(), nullable=False),
        sa.Column("intent_id", ID, nullable=False),
        sa.Column("charge_id", ID, nullable=False),
        sa.Column("refund_id", ID),
        sa.Column("authorization", ID, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("settled_at", sa.BigInteger()),
        sa.Column("answer", DOCUMENT),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_attempts_intent", "attempts", ["intent_id"])
    op.create_index("ix_attempts_open", "attempts", ["status", "created"])

    op.create_table(
        "charges",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("amount_captured", sa.BigInteger(), nullable=False),
        sa.Column("amount_refunded", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("captured", sa.Boolean(), nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("payment_intent_id", sa.String()),
        sa.Column("customer_id", sa.String()),
        sa.Column("payment_method_id", sa.String()),
        sa.Column("acquirer", sa.String(), nullable=False),
        sa.Column("authorization", sa.String(), nullable=False),
        sa.Column("balance_transaction_id", sa.String()),
        sa.Column("billing_details", DOCUMENT, nullable=False),
        sa.Column("card", DOCUMENT, nullable=False),
        sa.Column("outcome", DOCUMENT, nullable=False),
        sa.Column("failure_code", sa.String()),
        sa.Column("failure_message", sa.String()),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_captured >= 0 AND amount_captured <= amount", name="ck_charge_captured"),
        sa.CheckConstraint(
            "amount_refunded >= 0 AND amount_refunded <= CASE WHEN voided THEN amount ELSE "
            "amount_captured END",
            name="ck_charge_refunded",
        ),
    )
    op.create_index("ix_charges_customer", "charges", ["customer_id", "id"])
    op.create_index("ix_charges_list", "charges", ["account_id", "livemode", "id"])
    op.create_index("ix_charges_payment_intent", "charges", ["payment_intent_id", "id"])

    op.create_table(
        "payment_intents",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("amount_capturable", sa.BigInteger(), nullable=False),
        sa.Column("amount_received", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("capture_method", sa.String(), nullable=False),
        sa.Column("confirmation_method", sa.String(), nullable=False),
        sa.Column("client_secret", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String()),
        sa.Column("payment_method_id", sa.String()),
        sa.Column("latest_charge_id", sa.String()),
        sa.Column("attempt_id", sa.String()),
        sa.Column("checkout_session_id", sa.String()),
        sa.Column("automatic_payment_methods", DOCUMENT),
        sa.Column("payment_method_types", DOCUMENT, nullable=False),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.Column("last_payment_error", DOCUMENT),
        sa.Column("canceled_at", sa.BigInteger()),
        sa.Column("cancellation_reason", sa.String()),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "amount_capturable >= 0 AND amount_capturable <= amount", name="ck_intent_capturable"
        ),
        sa.CheckConstraint("amount_received >= 0 AND amount_received <= amount", name="ck_intent_received"),
    )
    op.create_index("ix_payment_intents_customer", "payment_intents", ["customer_id", "id"])
    op.create_index("ix_payment_intents_list", "payment_intents", ["account_id", "livemode", "id"])

    op.create_table(
        "payment_methods",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String()),
        sa.Column("billing_details", DOCUMENT, nullable=False),
        sa.Column("card", DOCUMENT, nullable=False),
        sa.Column("allow_redisplay", sa.String(), nullable=False),
        sa.Column("test_number_token", sa.String()),
        sa.Column("sealed_number", DOCUMENT),
        sa.Column("spent", sa.Boolean(), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_payment_methods_customer", "payment_methods", ["customer_id", "id"])
    op.create_index("ix_payment_methods_list", "payment_methods", ["account_id", "livemode", "id"])

    op.create_table(
        "refunds",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("charge_id", sa.String(), nullable=False),
        sa.Column("payment_intent_id", sa.String()),
        sa.Column("payment_method_id", sa.String()),
        sa.Column("reason", sa.String()),
        sa.Column("balance_transaction_id", sa.String()),
        sa.Column("failure_reason", sa.String()),
        sa.Column("acquirer_reference", sa.String()),
        sa.Column("instructions_email", sa.String()),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_refund_amount"),
    )
    op.create_index("ix_refunds_charge", "refunds", ["charge_id", "id"])
    op.create_index("ix_refunds_list", "refunds", ["account_id", "livemode", "id"])
    op.create_index("ix_refunds_payment_intent", "refunds", ["payment_intent_id", "id"])


def downgrade() -> None:
    op.drop_table("refunds")
    op.drop_table("payment_methods")
    op.drop_table("payment_intents")
    op.drop_table("charges")
    op.drop_table("attempts")
