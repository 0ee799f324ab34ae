"""Disputes, early fraud warnings, and refunds that come back."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0013"
down_revision = "0012"

OPEN = sa.text("look_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("charges", sa.Column("disputed", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("charges") as table:
        table.alter_column("disputed", server_default=None)
    op.add_column("refunds", sa.Column("failure_balance_transaction_id", sa.String()))
    op.create_table(
        "disputes",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("charge_id", sa.String(), nullable=False),
        sa.Column("payment_intent_id", sa.String()),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("network_reason_code", sa.String()),
        sa.Column("due_by", sa.BigInteger(), nullable=False),
        sa.Column("card", DOCUMENT, nullable=False),
        sa.Column("evidence", DOCUMENT, nullable=False),
        sa.Column("submission_count", sa.BigInteger(), nullable=False),
        sa.Column("filing_id", sa.String()),
        sa.Column("withdrawal_id", sa.String()),
        sa.Column("reversal_id", sa.String()),
        sa.Column("acquirer", sa.String(), nullable=False),
        sa.Column("bank_dispute_id", sa.String(), nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_dispute_amount"),
    )
    op.create_index("ix_disputes_list", "disputes", ["account_id", "livemode", "id"])
    op.create_index("uq_disputes_bank", "disputes", ["acquirer", "bank_dispute_id"], unique=True)
    op.create_index("ix_disputes_charge", "disputes", ["charge_id", "id"])
    op.create_index("ix_disputes_payment_intent", "disputes", ["payment_intent_id", "id"])
    op.create_table(
        "dispute_filings",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("dispute_id", ID, nullable=False),
        sa.Column("evidence", DOCUMENT),
        sa.Column("look_at", sa.BigInteger()),
        sa.Column("refusal", sa.String()),
    )
    op.create_index(
        "ix_dispute_filings_open", "dispute_filings", ["look_at", "id"],
        sqlite_where=OPEN, postgresql_where=OPEN,
    )  # fmt: skip
    op.create_index("ix_dispute_filings_dispute", "dispute_filings", ["dispute_id"])
    op.create_table(
        "early_fraud_warnings",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("charge_id", sa.String(), nullable=False),
        sa.Column("payment_intent_id", sa.String()),
        sa.Column("fraud_type", sa.String(), nullable=False),
        sa.Column("actionable", sa.Boolean(), nullable=False),
        sa.Column("acquirer", sa.String(), nullable=False),
        sa.Column("bank_warning_id", sa.String(), nullable=False),
    )
    op.create_index("ix_early_fraud_warnings_list", "early_fraud_warnings", ["account_id", "livemode", "id"])
    op.create_index(
        "uq_early_fraud_warnings_bank", "early_fraud_warnings", ["acquirer", "bank_warning_id"], unique=True
    )
    op.create_index("ix_early_fraud_warnings_charge", "early_fraud_warnings", ["charge_id", "id"])
    op.create_index(
        "ix_early_fraud_warnings_payment_intent", "early_fraud_warnings", ["payment_intent_id", "id"]
    )


def downgrade() -> None:
    op.drop_table("early_fraud_warnings")
    op.drop_table("dispute_filings")
    op.drop_table("disputes")
    op.drop_column("refunds", "failure_balance_transaction_id")
    with op.batch_alter_table("charges") as table:
        table.drop_column("disputed")
