"""Merchants, keys, the audit log, the ledger, events and idempotency keys."""

import sqlalchemy as sa
from alembic import op

from migrations.append_only import allow_changes, make_append_only
from migrations.column_types import DOCUMENT, ID, SEQUENCE

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("hashed", sa.String(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("hashed", name="uq_api_keys_hashed"),
    )
    op.create_index("ix_api_keys_account", "api_keys", ["account_id", "livemode"])

    op.create_table(
        "audit_rows",
        sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("object_id", ID),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("request_id", sa.String()),
        sa.Column("address", sa.String()),
        sa.Column("details", DOCUMENT, nullable=False),
    )
    op.create_index("ix_audit_rows_account", "audit_rows", ["account_id", "livemode", "seq"])
    op.create_index("ix_audit_rows_object", "audit_rows", ["object_id", "seq"])
    op.create_index("ix_audit_rows_request", "audit_rows", ["request_id"])
    make_append_only("audit_rows")

    op.create_table(
        "audit_seals",
        sa.Column("seq", SEQUENCE, primary_key=True),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("previous_digest", sa.String(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
    )

    op.create_table(
        "events",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String()),
        sa.Column("idempotency_key", sa.String()),
        sa.Column("pending_webhooks", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_events_list", "events", ["account_id", "livemode", "id"])
    op.create_index("ix_events_object", "events", ["object_id", "id"])
    op.create_index("ix_events_type", "events", ["account_id", "livemode", "type", "id"])

    op.create_table(
        "idempotency_keys",
        sa.Column("id", ID, primary_key=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("response_status", sa.BigInteger()),
        sa.Column("response_body", sa.LargeBinary()),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_idempotency_keys_created", "idempotency_keys", ["created"])

    op.create_table(
        "ledger_entries",
        sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", ID, nullable=False),
        sa.Column("book", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
    )
    op.create_index(
        "ix_ledger_entries_account", "ledger_entries", ["account_id", "livemode", "book", "currency"]
    )
    op.create_index("ix_ledger_entries_transaction", "ledger_entries", ["transaction_id"])
    make_append_only("ledger_entries")

    op.create_table(
        "merchants",
        sa.Column("id", ID, primary_key=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("default_currency", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )

    op.create_table(
        "users",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )


def downgrade() -> None:
    op.drop_table("users")
    op.drop_table("merchants")
    allow_changes("ledger_entries")
    op.drop_table("ledger_entries")
    op.drop_table("idempotency_keys")
    op.drop_table("events")
    op.drop_table("audit_seals")
    allow_changes("audit_rows")
    op.drop_table("audit_rows")
    op.drop_table("api_keys")
