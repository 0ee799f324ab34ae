"""The database's schema, revision by revision; `python -m migrations` brings a database to the newest."""

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from migrations.planning import tell_planner

HERE = Path(__file__).parent
# Any number will do, as long as no other program takes the same advisory lock in the same database.
LOCK_NUMBER = 4_242_424_242
POLL_SECONDS = 0.2


def alembic_config(connection: Connection | None = None, metadata: object = None) -> Config:
    """Return Alembic's configuration; `metadata` is needed only to compare or to write a revision."""
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes.update(connection=connection, metadata=metadata)
    return config


def upgrade(database_url: str) -> None:
    """Bring a database to the newest revision; a second process waits for the first.

    All or nothing, but for revisions that make indexes beside the work (migrations/indexes.py): each of them
    leaves the database at a whole revision.
    """
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.execute(text("PRAGMA busy_timeout = 60000"))
                connection.execute(text("PRAGMA journal_mode = WAL"))
                connection.execute(text("BEGIN IMMEDIATE"))
            else:
                _wait_alone(connection)
                connection.execute(text("BEGIN"))
            try:
                command.upgrade(alembic_config(connection), "head")
                if engine.dialect.name == "sqlite":
                    tell_planner(connection)
            except BaseException:
                connection.execute(text("ROLLBACK"))
                raise
            connection.execute(text("COMMIT"))
    finally:
        engine.dispose()


def _wait_alone(connection: Connection) -> None:
    """Take the lock of all migrations, which ends with the connection, and wait for it without a transaction.

    An index that is made concurrently waits for every older statement: for one that waits for its lock, too.
    """
    while not connection.scalar(text(f"SELECT pg_try_advisory_lock({LOCK_NUMBER})")):
        time.sleep(POLL_SECONDS)
