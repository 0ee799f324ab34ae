"""Letters to customers and users: what waits to be sent, and what a merchant wants to have sent unasked."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0032"
down_revision = "0031"
WISHES = ("receipts_of_payments", "receipts_of_refunds")


def upgrade() -> None:
    op.create_table(
        "letters",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False, unique=True),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("given_up_at", sa.BigInteger()),
        sa.Column("problem", sa.String()),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_letters_due", "letters", ["due_at"])
    op.create_index("ix_letters_object", "letters", ["object_id"])
    op.add_column("refunds", sa.Column("receipt_number", sa.String()))
    for name in WISHES:
        op.add_column("merchants", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for name in WISHES:
        op.drop_column("merchants", name)
    op.drop_column("refunds", "receipt_number")
    op.drop_table("letters")
