"""Payment methods other than cards: their type and what is known of them; what a session's page offers."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("payment_methods", sa.Column("data", DOCUMENT))
    op.add_column("charges", sa.Column("method_type", sa.String()))
    op.add_column("charges", sa.Column("method_data", DOCUMENT))
    op.add_column("refunds", sa.Column("method_type", sa.String()))
    op.add_column("checkout_sessions", sa.Column("payment_method_types", DOCUMENT))


def downgrade() -> None:
    for table, column in (
        ("checkout_sessions", "payment_method_types"),
        ("refunds", "method_type"),
        ("charges", "method_data"),
        ("charges", "method_type"),
        ("payment_methods", "data"),
    ):
        op.drop_column(table, column)
