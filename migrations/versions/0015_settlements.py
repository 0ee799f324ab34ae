"""Settlements, their lines and differences; bank accounts and payouts."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID, SEQUENCE

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "settlements",
        sa.Column("id", ID, primary_key=True),
        sa.Column("acquirer", sa.String(), nullable=False),
        sa.Column("bank_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("business_date", sa.String(), nullable=False),
        sa.Column("line_count", sa.BigInteger(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("costs_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("download", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("staged_at", sa.BigInteger()),
        sa.Column("posted_at", sa.BigInteger()),
        sa.Column("matched_count", sa.BigInteger()),
        sa.Column("difference_count", sa.BigInteger()),
    )
    op.create_index("ix_settlements_status", "settlements", ["status", "acquirer"])

    op.create_table(
        "settlement_lines",
        sa.Column("settlement_id", ID, primary_key=True),
        sa.Column("download", sa.BigInteger(), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("authorization", sa.String(), nullable=False),
        sa.Column("presentment_minor", sa.BigInteger(), nullable=False),
        sa.Column("presentment_currency", sa.String(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("interchange_minor", sa.BigInteger(), nullable=False),
        sa.Column("scheme_minor", sa.BigInteger(), nullable=False),
        sa.Column("margin_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", ID),
    )
    op.create_index("ux_settlement_lines_transaction", "settlement_lines", ["transaction_id"], unique=True)
    op.create_index("ix_settlement_lines_reference", "settlement_lines", ["reference"])

    op.create_table(
        "settlement_differences",
        sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("acquirer", sa.String(), nullable=False),
        sa.Column("settlement_id", ID),
        sa.Column("number", sa.BigInteger()),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reference", sa.String()),
        sa.Column("transaction_id", ID),
        sa.Column("account_id", ID),
        sa.Column("ours", sa.String()),
        sa.Column("theirs", sa.String()),
        sa.Column("resolved_at", sa.BigInteger()),
    )
    op.create_index("ix_settlement_differences_open", "settlement_differences", ["resolved_at", "seq"])
    op.create_index("ix_settlement_differences_transaction", "settlement_differences", ["transaction_id"])

    op.create_table(
        "settled_accounts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("settlement_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("announced_at", sa.BigInteger()),
    )
    op.create_index("ix_settled_accounts_waiting", "settled_accounts", ["announced_at", "id"])

    op.create_table(
        "settlement_sources",
        sa.Column("acquirer", ID, primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("cut_offs", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("complete_until", sa.BigInteger(), nullable=False),
        sa.Column("checked_until", sa.BigInteger(), nullable=False),
    )
    _create_payouts()


def _create_payouts() -> None:
    op.create_table(
        "bank_accounts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("default_for_currency", sa.Boolean(), nullable=False),
        sa.Column("account_holder_name", sa.String()),
        sa.Column("account_holder_type", sa.String()),
        sa.Column("routing_number", sa.String()),
        sa.Column("last4", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("sealed_number", DOCUMENT, nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
    )
    op.create_index("ix_bank_accounts_currency", "bank_accounts", ["account_id", "livemode", "currency"])
    op.create_index("ix_bank_accounts_list", "bank_accounts", ["account_id", "livemode", "id"])

    op.create_table(
        "payouts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("acquirer", sa.String(), nullable=False),
        sa.Column("destination_id", sa.String(), nullable=False),
        sa.Column("arrival_date", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.String()),
        sa.Column("statement_descriptor", sa.String()),
        sa.Column("balance_transaction_id", sa.String(), nullable=False),
        sa.Column("failure_balance_transaction_id", sa.String()),
        sa.Column("failure_code", sa.String()),
        sa.Column("trace_id", sa.String()),
        sa.Column("after_fold", sa.BigInteger(), nullable=False),
        sa.Column("last_fold", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("look_at", sa.BigInteger()),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_payout_amount"),
    )
    op.create_index("ix_payouts_due", "payouts", ["look_at"])
    op.create_index("ix_payouts_destination", "payouts", ["destination_id", "id"])
    op.create_index("ix_payouts_list", "payouts", ["account_id", "livemode", "id"])


def downgrade() -> None:
    for table in (
        "payouts", "bank_accounts", "settlement_sources", "settled_accounts", "settlement_differences",
        "settlement_lines", "settlements",
    ):  # fmt: skip
        op.drop_table(table)
