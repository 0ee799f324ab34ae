"""Tokens of cards, and a customer's default among the cards of the older kind."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.Column("client_ip", sa.String()),
        sa.Column("card_id", sa.String(), nullable=False),
        sa.Column("card", DOCUMENT, nullable=False),
        sa.Column("billing_details", DOCUMENT, nullable=False),
        sa.Column("sealed_number", DOCUMENT),
    )
    op.create_index("ix_tokens_list", "tokens", ["account_id", "livemode", "id"])
    op.add_column("customers", sa.Column("default_source_id", ID))


def downgrade() -> None:
    op.drop_column("customers", "default_source_id")
    op.drop_table("tokens")
