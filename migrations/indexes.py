"""Indexes on tables that are in use: made without keeping anybody from writing, where a database can do that.

PostgreSQL makes an index CONCURRENTLY outside of any transaction only. So the migration's own is committed
before, which leaves the database at the revision before this one, and begun again afterwards: a revision that
uses this does nothing else. Broken off, it is run again, and an index that was left unfinished is made anew.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op

UNFINISHED = sa.text(
    "SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
    "WHERE relname = :name AND NOT indisvalid"
)

Column = str | sa.TextClause


def create_concurrently(
    name: str, table: str, columns: Sequence[Column], *, where: sa.TextClause | None = None
) -> None:
    """Make an index; `where` is the condition of a partial one."""
    options: dict[str, Any] = {"postgresql_where": where, "sqlite_where": where} if where is not None else {}
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(name, table, list(columns), **options)
        return
    with outside_transaction():
        if op.get_bind().scalar(UNFINISHED, {"name": name}):
            op.drop_index(name, table, postgresql_concurrently=True)
        op.create_index(
            name, table, list(columns), postgresql_concurrently=True, if_not_exists=True, **options
        )


@contextmanager
def outside_transaction() -> Iterator[None]:
    """Commit what the migration has done so far, and go on in a new transaction afterwards."""
    bind = op.get_bind()
    driver: Any = bind.connection.driver_connection
    begun = driver.info.transaction_status.name != "IDLE"
    if begun:
        bind.execute(sa.text("COMMIT"))
    yield
    if begun:
        bind.execute(sa.text("BEGIN"))
