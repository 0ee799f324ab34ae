"""Indexes for lookups that would read all of a merchant's rows: a session's successors, codes, users."""

import sqlalchemy as sa
from alembic import op

from migrations.indexes import create_concurrently

revision = "0039"
down_revision = "0038"

INDEXES = {
    "ix_checkout_sessions_recovered": "checkout_sessions",
    "ix_promotion_codes_code": "promotion_codes",
    "ix_promotion_codes_customer": "promotion_codes",
    "ix_users_account": "users",
}


def upgrade() -> None:
    # Few sessions succeed another one: the others write nothing here.
    create_concurrently(
        "ix_checkout_sessions_recovered",
        "checkout_sessions",
        ["recovered_from", "id"],
        where=sa.text("recovered_from IS NOT NULL"),
    )
    create_concurrently(
        "ix_promotion_codes_code", "promotion_codes", ["account_id", "livemode", sa.text("upper(code)"), "id"]
    )
    create_concurrently("ix_promotion_codes_customer", "promotion_codes", ["customer_id", "id"])
    create_concurrently("ix_users_account", "users", ["account_id", "id"])


def downgrade() -> None:
    for name, table in reversed(INDEXES.items()):
        op.drop_index(name, table)
