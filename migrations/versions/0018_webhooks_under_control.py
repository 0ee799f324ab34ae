"""Chaos of webhook endpoints, how long they have failed, and an index of what has not arrived."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("webhook_endpoints", sa.Column("chaos", DOCUMENT))
    op.create_table(
        "webhook_endpoint_health",
        sa.Column("endpoint_id", ID, primary_key=True),
        sa.Column("failing_since", sa.BigInteger()),
        sa.Column("last_failed_at", sa.BigInteger()),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.Column("disabled_reason", sa.String()),
    )
    op.create_index(
        "ix_webhook_deliveries_open",
        "webhook_deliveries",
        ["account_id", "livemode", "event_id"],
        postgresql_where=sa.text("status <> 'succeeded'"),
        sqlite_where=sa.text("status <> 'succeeded'"),
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_deliveries_open", "webhook_deliveries")
    op.drop_table("webhook_endpoint_health")
    op.drop_column("webhook_endpoints", "chaos")
