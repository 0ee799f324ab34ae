"""What a merchant calls an API key."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("name", sa.String()))


def downgrade() -> None:
    op.drop_column("api_keys", "name")
