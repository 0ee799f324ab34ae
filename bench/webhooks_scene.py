"""What every measurement of webhooks stands on: PostgreSQL, Redis, a sink, and two workers of some kind."""

import http.client
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from bench.postgres import Postgres, start_postgres
from bench.servers import REPOSITORY, BenchFailure, Server, environment, free_port, start

WORKERS = 2
TEMPLATE = "webhooks"
READY = b"the worker works"
WAIT_SECONDS = 180.0


@dataclass
class Scene:
    """The servers of one run."""

    folder: Path
    postgres: Postgres
    redis: Server
    sink: Server
    databases: int = 0

    @property
    def redis_port(self) -> int:
        """Where Redis listens."""
        return self.redis.port

    @property
    def sink_port(self) -> int:
        """Where the sink listens."""
        return self.sink.port

    def variables(self, database: str) -> dict[str, str]:
        """Give Florin's settings on a database."""
        return {
            "DATABASE_URL": self.postgres.url(database),
            "REDIS_URL": self.redis_url,
            "DATA_DIR": str(self.folder / "data"),
            "RUN_JOBS_HERE": "false",
        }

    @property
    def redis_url(self) -> str:
        """Where Redis is."""
        return f"redis://127.0.0.1:{self.redis_port}/0"

    def url(self, name: str, milliseconds: int | str) -> str:
        """An endpoint's address at the sink."""
        return f"http://127.0.0.1:{self.sink_port}/{name}/{milliseconds}"

    def fresh_database(self) -> str:
        """Make a database with all tables; empty Redis and the sink."""
        self.databases += 1
        name = f"webhooks_{self.databases}"
        self.postgres.create(name, TEMPLATE)
        redis.Redis(port=self.redis_port).flushall()
        ask(self.sink_port, "POST", "/reset")
        return name

    def rows(self, database: str, *arguments: str) -> str:
        """Run bench.webhooks_rows on a database; give what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "bench.webhooks_rows", *arguments],
            cwd=REPOSITORY, env=environment(self.variables(database)), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise BenchFailure(f"webhooks_rows {arguments[0]} failed: {done.stderr[-2000:]}")
        return done.stdout

    def plain(self, database: str, how: str) -> None:
        """Queue a job for each delivery."""
        command = [sys.executable, "-m", "bench.webhooks_plain", how]
        done = subprocess.run(
            command,
            cwd=REPOSITORY,
            env=environment(self.variables(database)),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise BenchFailure(f"the jobs could not be queued: {done.stderr.decode()[-2000:]}")

    def rq_workers(self) -> int:
        """How many of RQ's workers have registered."""
        return len(redis.Redis(port=self.redis_port).smembers("rq:workers"))

    def arrived(self) -> int:
        """Tell how many deliveries have come to the sink."""
        return int(ask(self.sink_port, "GET", "/count")["count"])

    def first_arrival(self) -> float:
        """Tell when the first delivery came to the sink, in seconds of the wall clock."""
        return float(ask(self.sink_port, "GET", "/count")["first"])

    @contextmanager
    def processes(
        self, command: Sequence[str], count: int, database: str, ready: bytes | None
    ) -> Iterator[list[subprocess.Popen[bytes]]]:
        """Run so many of a worker, each up before the block begins."""
        running, logs = [], []
        for number in range(count):
            log = self.folder / f"worker-{self.databases}-{number}.log"
            with log.open("wb") as output:
                variables = environment(self.variables(database))
                running.append(
                    subprocess.Popen(
                        command, cwd=REPOSITORY, env=variables, stdout=output, stderr=subprocess.STDOUT
                    )
                )
            logs.append(log)
        try:
            for process, log in zip(running, logs, strict=True):
                wait_for(lambda log=log: ready is None or ready in log.read_bytes(), f"{command} ({log})")  # type: ignore[misc]
                if process.poll() is not None:
                    raise BenchFailure(f"a worker ended: {log.read_text()[-2000:]}")
            yield running
        finally:
            for process in running:
                process.terminate()
            for process in running:
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()


def ask(port: int, method: str, path: str) -> dict[str, Any]:
    """Ask the sink."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    line.request(method, path, headers={"Content-Length": "0"})
    answer: dict[str, Any] = json.loads(line.getresponse().read())
    line.close()
    return answer


def wait_for(done: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Poll until something is so; BenchFailure where it never is."""
    give_up_at = time.monotonic() + seconds
    while not done():
        if time.monotonic() > give_up_at:
            raise BenchFailure(f"gave up waiting for {what}")
        time.sleep(0.01)


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Start everything, migrate once."""
    with ExitStack() as stack:
        program = shutil.which("redis-server")
        if program is None:
            raise BenchFailure("bench webhooks needs redis-server: apt-get install redis-server")
        redis_port, sink_port = free_port(), free_port()
        options = ["--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        queue = start("redis", [program, *options], redis_port, folder)
        stack.callback(queue.stop)
        command = [sys.executable, "-m", "bench.webhooks_sink", "--port", str(sink_port)]
        sink = start("sink", command, sink_port, folder)
        stack.callback(sink.stop)
        postgres = start_postgres(folder)
        stack.callback(postgres.server.stop)
        found = Scene(folder, postgres, queue, sink)
        postgres.create(TEMPLATE)
        (folder / "data").mkdir()
        migrated = subprocess.run(
            [sys.executable, "-m", "migrations"], cwd=REPOSITORY, env=environment(found.variables(TEMPLATE)),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if migrated.returncode:
            raise BenchFailure(f"the migrations failed: {migrated.stderr[-2000:]}")
        yield found
