"""What payments are called at Stripe."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import ID

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "stripe_payments",
        sa.Column("reference", ID, primary_key=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("payment_intent_id", ID),
        sa.Column("checkout_session_id", ID),
        sa.Column("buried", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_stripe_payments_intent", "stripe_payments", ["payment_intent_id"])
    op.create_index("ix_stripe_payments_session", "stripe_payments", ["checkout_session_id"])


def downgrade() -> None:
    op.drop_table("stripe_payments")
