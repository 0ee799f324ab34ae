"""What is due of each endpoint, found without reading what is due of the others."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_index(
        "ix_webhook_deliveries_due_of_endpoint",
        "webhook_deliveries",
        ["endpoint_id", "due_at", "id"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_deliveries_due_of_endpoint", "webhook_deliveries")
