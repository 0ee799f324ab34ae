"""Sessions of the Stripe CLI, what waits for each, and its logins."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "stripecli_sessions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("hashed", sa.String(), nullable=False, unique=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("key_id", ID, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("device_name", sa.String(), nullable=False),
        sa.Column("features", DOCUMENT, nullable=False),
        sa.Column("filters", DOCUMENT, nullable=False),
        sa.Column("connection", sa.String(64)),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_stripecli_sessions_expires", "stripecli_sessions", ["expires_at"])
    op.create_index("ix_stripecli_sessions_connection", "stripecli_sessions", ["connection"])

    op.create_table(
        "stripecli_messages",
        sa.Column("id", ID, primary_key=True),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("event_id", ID),
        sa.Column("payload", sa.Text()),
        sa.Column("connection", sa.String(64)),
        sa.Column("acked_at", sa.BigInteger()),
    )
    waiting = sa.text("acked_at IS NULL")
    op.create_index(
        "ix_stripecli_messages_waiting",
        "stripecli_messages",
        ["session_id", "id"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )

    op.create_table(
        "stripecli_logins",
        sa.Column("id", ID, primary_key=True),
        sa.Column("poll_hash", sa.String(), nullable=False, unique=True),
        sa.Column("verification_code", sa.String(), nullable=False),
        sa.Column("device_name", sa.String(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("account_id", ID),
        sa.Column("confirmed_by", sa.String()),
        sa.Column("redeemed_at", sa.BigInteger()),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_stripecli_logins_expires", "stripecli_logins", ["expires_at"])


def downgrade() -> None:
    for table in ("stripecli_logins", "stripecli_messages", "stripecli_sessions"):
        op.drop_table(table)
