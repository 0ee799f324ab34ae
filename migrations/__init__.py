"""The database's schema, revision by revision; `python -m migrations` brings a database to the newest."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

HERE = Path(__file__).parent
# Any number will do, as long as no other program takes the same advisory lock in the same database.
LOCK_NUMBER = 4_242_424_242


def alembic_config(connection: Connection | None = None, metadata: object = None) -> Config:
    """Return Alembic's configuration; `metadata` is needed only to compare or to write a revision."""
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes.update(connection=connection, metadata=metadata)
    return config


def upgrade(database_url: str) -> None:
    """Bring a database to the newest revision, all or nothing; a second process waits for the first."""
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.execute(text("PRAGMA busy_timeout = 60000"))
                connection.execute(text("PRAGMA journal_mode = WAL"))
                connection.execute(text("BEGIN IMMEDIATE"))
            else:
                connection.execute(text("BEGIN"))
                connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})"))
            try:
                command.upgrade(alembic_config(connection), "head")
            except BaseException:
                connection.execute(text("ROLLBACK"))
                raise
            connection.execute(text("COMMIT"))
    finally:
        engine.dispose()
