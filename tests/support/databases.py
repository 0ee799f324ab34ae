"""Migrated databases, each its caller's alone: migrated once in each test process, and then copied.

tests/storage tests the migrations themselves, from nothing.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from sqlalchemy import make_url

from launcher.places import ROOT
from tests.support import postgres
from tests.support.gateway import SECRETS

KINDS = ("sqlite", "postgresql")


def new_database(kind: str, folder: Path, postgres_server: Callable[[], str]) -> str:
    """The address of a migrated database of a kind; an SQLite file is in `folder`.

    `postgres_server` gives the server's address, and is asked only where it is wanted.
    """
    if kind == "sqlite":
        return new_sqlite(folder)
    server = postgres_server()
    return postgres.create_database(server, folder.name, template=_postgres_template(server))


def new_sqlite(folder: Path) -> str:
    """The address of a migrated SQLite file in `folder`."""
    shutil.copyfile(_sqlite_template(), folder / "florin.sqlite3")
    return f"sqlite:///{folder}/florin.sqlite3"


@cache
def _sqlite_template() -> Path:
    folder = tempfile.mkdtemp(prefix="florin-template-")
    atexit.register(shutil.rmtree, folder)
    path = Path(folder) / "template.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


@cache
def _postgres_template(server: str) -> str:
    """The name of a migrated database of this server, on which nobody works."""
    url = postgres.create_database(server, "template")
    _migrate(url)
    return str(make_url(url).database)


def _migrate(url: str) -> None:
    """Brings an empty database to the newest schema, by the same command as `./run`."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **SECRETS, "DATABASE_URL": url, "DATA_DIR": folder}
        command = [sys.executable, "-m", "migrations"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
