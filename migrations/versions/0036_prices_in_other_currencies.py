"""What a price costs in other currencies than its own."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.add_column("prices", sa.Column("currency_options", DOCUMENT))


def downgrade() -> None:
    op.drop_column("prices", "currency_options")
