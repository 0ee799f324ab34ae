"""The column types of the revisions, each as it is on SQLite and on PostgreSQL."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

ID = sa.String(255).with_variant(sa.String(255, collation="C"), "postgresql")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
