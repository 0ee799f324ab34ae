"""Contracts of merchants with acquirers; when to look at an open question; who pays with a card just now."""

import sqlalchemy as sa
from alembic import op

from migrations.column_types import DOCUMENT, ID

revision = "0011"
down_revision = "0010"

OPEN = sa.text("look_at IS NOT NULL")
GRACE_SECONDS = 30


def upgrade() -> None:
    op.create_table(
        "contracts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("acquirer", sa.String(), nullable=False),
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("currencies", DOCUMENT, nullable=False),
        sa.Column("brands", DOCUMENT, nullable=False),
        sa.Column("methods", DOCUMENT, nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("priority >= 0", name="ck_contract_priority"),
        sa.CheckConstraint("weight > 0", name="ck_contract_weight"),
    )
    op.create_index("ix_contracts_account", "contracts", ["account_id", "id"])
    # Until now all merchants paid through one bank, under one id.
    op.execute(
        "INSERT INTO contracts (id, account_id, created, version, acquirer, merchant_id, currencies, brands,"
        " methods, priority, weight, active) SELECT 'ctr_' || substr(id, 6), id, created, 1, 'piggy_bank',"
        " 'florin', '[]', '[]', '[]', 10, 100, true FROM merchants"
    )

    op.add_column("payment_methods", sa.Column("held_by", sa.String()))
    op.add_column("attempts", sa.Column("looks", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("attempts") as table:
        table.alter_column("looks", server_default=None)
    op.execute(
        f"UPDATE attempts SET look_at = created + {GRACE_SECONDS} "  # noqa: S608 - a constant of ours
        "WHERE status IN ('asked', 'unknown') AND look_at IS NULL"
    )
    op.drop_index("ix_attempts_open", "attempts")
    op.create_index(
        "ix_attempts_open", "attempts", ["look_at", "id"], sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    op.drop_index("ix_attempts_open", "attempts")
    op.create_index("ix_attempts_open", "attempts", ["status", "created"])
    op.drop_column("attempts", "looks")
    op.drop_column("payment_methods", "held_by")
    op.drop_table("contracts")
