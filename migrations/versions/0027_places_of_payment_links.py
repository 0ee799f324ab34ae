"""Each session that is paid through a payment link has a place among those that may complete."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("checkout_sessions", sa.Column("link_slot", sa.BigInteger()))
    op.create_index(
        "uq_checkout_sessions_link_slot", "checkout_sessions", ["payment_link_id", "link_slot"], unique=True
    )


def downgrade() -> None:
    op.drop_index("uq_checkout_sessions_link_slot", "checkout_sessions")
    op.drop_column("checkout_sessions", "link_slot")
