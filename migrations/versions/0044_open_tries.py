"""What tries have taken of the limits while their end is not known."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.create_table(
        "open_tries",
        sa.Column("id", ID, primary_key=True),
        sa.Column("attempt_id", ID, nullable=False, unique=True),
        sa.Column("taken", DOCUMENT, nullable=False),
        sa.Column("challenged", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("open_tries")
