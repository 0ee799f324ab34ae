"""Indexes for what is asked seldom and would read whole tables: a card's copies, lost numbers, places."""

import sqlalchemy as sa
from alembic import op

from migrations.indexes import create_concurrently

revision = "0035"
down_revision = "0034"

INDEXES = {
    "ix_payment_methods_lost": "payment_methods",
    "ix_payment_methods_fingerprint": "payment_methods",
    "ix_checkout_sessions_unnumbered": "checkout_sessions",
    "ix_customers_email": "customers",
}


def upgrade() -> None:
    create_concurrently(
        "ix_payment_methods_lost",
        "payment_methods",
        ["customer_id", "created"],
        where=sa.text("sealed_number IS NOT NULL"),
    )
    arrows = op.get_bind().dialect.name == "postgresql"  # SQLite knows them since version 3.38 only
    fingerprint = "(card ->> 'fingerprint')" if arrows else "json_extract(card, '$.fingerprint')"
    create_concurrently(
        "ix_payment_methods_fingerprint",
        "payment_methods",
        ["account_id", "livemode", sa.text(fingerprint), "id"],
        where=sa.text("customer_id IS NOT NULL"),
    )
    create_concurrently(
        "ix_checkout_sessions_unnumbered", "checkout_sessions", ["payment_link_id", "status", "link_slot"]
    )
    create_concurrently(
        "ix_customers_email", "customers", ["account_id", "livemode", sa.text("lower(email)"), "id"]
    )


def downgrade() -> None:
    for name, table in reversed(INDEXES.items()):
        op.drop_index(name, table)
