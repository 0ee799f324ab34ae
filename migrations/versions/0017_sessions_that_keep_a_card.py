"""Checkout sessions in the mode `setup`, each with its setup intent."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("checkout_sessions", sa.Column("setup_intent_id", sa.String()))


def downgrade() -> None:
    op.drop_column("checkout_sessions", "setup_intent_id")
