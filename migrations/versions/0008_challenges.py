"""What the customer has to do at a bank before a payment can go on, and when to ask how it ended."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("payment_intents", sa.Column("next_action", DOCUMENT))
    op.add_column("payment_intents", sa.Column("payment_method_options", DOCUMENT))
    op.add_column("attempts", sa.Column("return_url", sa.String()))
    op.add_column("attempts", sa.Column("look_at", sa.BigInteger()))


def downgrade() -> None:
    for table, column in (
        ("attempts", "look_at"),
        ("attempts", "return_url"),
        ("payment_intents", "payment_method_options"),
        ("payment_intents", "next_action"),
    ):
        op.drop_column(table, column)
