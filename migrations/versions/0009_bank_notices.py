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
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
    )
    op.create_index(
        "ix_bank_notices_due", "bank_notices", ["due_at", "id"],
        sqlite_where=sa.text("due_at IS NOT NULL"), postgresql_where=sa.text("due_at IS NOT NULL"),
    )  # fmt: skip
    op.create_table(
        "bank_notice_cursors",
        sa.Column("id", ID, primary_key=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("bank_notice_cursors")
    op.drop_table("bank_notices")
