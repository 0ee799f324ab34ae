"""What banks tell us unasked."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import ID

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "bank_notices",
        sa.Column("id", ID, primary_key=True),
        sa.Column("acquirer", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_bank_notices_open", "bank_notices", ["status", "due_at"])


def downgrade() -> None:
    op.drop_table("bank_notices")
