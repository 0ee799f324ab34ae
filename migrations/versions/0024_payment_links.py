"""Payment links, and which session came of which."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "payment_links",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("lines", DOCUMENT, nullable=False),
        sa.Column("after_completion", DOCUMENT, nullable=False),
        sa.Column("most_completed", sa.BigInteger()),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
    )
    op.create_index("ix_payment_links_list", "payment_links", ["account_id", "livemode", "id"])
    op.create_index("uq_payment_links_code", "payment_links", ["code"], unique=True)
    op.add_column("checkout_sessions", sa.Column("payment_link_id", sa.String()))
    op.create_index("ix_checkout_sessions_payment_link", "checkout_sessions", ["payment_link_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_checkout_sessions_payment_link", "checkout_sessions")
    op.drop_column("checkout_sessions", "payment_link_id")
    op.drop_table("payment_links")
