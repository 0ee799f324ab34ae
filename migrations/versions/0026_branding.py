"""How a merchant's pages look, and where its customers reach it."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("merchants", sa.Column("branding", DOCUMENT))
    op.add_column("merchants", sa.Column("business_profile", DOCUMENT))


def downgrade() -> None:
    op.drop_column("merchants", "business_profile")
    op.drop_column("merchants", "branding")
