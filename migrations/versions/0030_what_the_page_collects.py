"""What customers answer on the hosted page."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column("checkout_sessions", sa.Column("collected", DOCUMENT))


def downgrade() -> None:
    op.drop_column("checkout_sessions", "collected")
