"""`./run bench webhooks`: deliveries a second, how soon the first attempt comes; RQ and dramatiq beside."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from bench import webhooks_report
from bench.meters import processor_seconds
from bench.servers import REPOSITORY, BenchFailure, environment
from bench.webhooks_report import LIMIT, Row, Turn, p99
from bench.webhooks_scene import READY, WORKERS, Scene, ask, scene, wait_for

ENDPOINTS = 4
DELAYS_MS = (0, 50)
RQ = [
    sys.executable,
    "-m",
    "rq.cli",
    "worker",
    "plain",
    "--serializer",
    "rq.serializers.JSONSerializer",
    "--quiet",
]
SIMPLE = [*RQ, "--worker-class", "rq.worker.SimpleWorker"]
STEADY_A_SECOND = 200
HANGING_BEHIND = 50_000  # deliveries, as after four minutes at that rate
PARTS = ("rates", "latency")
# The bare loop that sends without a database: as many connections as one account's deliveries may have.
LIMIT_DELIVERIES, LIMIT_CONNECTIONS = 20_000, 192


@dataclass(frozen=True)
class Contender:
    """A way to send: how its workers start, how many processes, and how many deliveries make a turn."""

    name: str
    command: list[str]
    processes: int
    deliveries: int
    enqueue: str | None  # how its jobs are queued; None for Florin, whose rows fall due
    ready: bytes | None


# The aims were set beside a SimpleWorker that sent 176 a second, and 18 at 50 ms: 5.7 ms and 55.7 ms each,
# which is one process. So one is measured as well as two.
CONTENDERS = (
    Contender("Florin", [sys.executable, "worker.py"], WORKERS, 24_000, None, READY),
    Contender(
        "dramatiq",
        [sys.executable, "-m", "dramatiq", "bench.webhooks_plain", "--processes", "2", "--threads", "32"],
        1, 3_000, "dramatiq", b"Worker process is ready",
    ),
    Contender("SimpleWorker", SIMPLE, WORKERS, 400, "rq", None),
    Contender("one SimpleWorker", SIMPLE, 1, 200, "rq", None),
    Contender("RQ, forking", RQ, WORKERS, 40, "rq", None),
)  # fmt: skip


class Meter:
    """Processor time from now on, part by part."""

    def __init__(self, place: Scene, workers: Sequence[int]) -> None:
        shared = {"PostgreSQL": place.postgres.server.pid, "Redis": place.redis.pid, "sink": place.sink.pid}
        self._pids = {"workers": workers, **{part: (pid,) for part, pid in shared.items()}}
        self._before = self._read()

    def _read(self) -> dict[str, float]:
        return {part: sum(map(processor_seconds, pids)) for part, pids in self._pids.items()}

    def each_us(self, count: int) -> dict[str, float]:
        """Give the microseconds for each of so many deliveries."""
        return {part: 1e6 * (now - self._before[part]) / count for part, now in self._read().items()}


def turn(place: Scene, contender: Contender, delay_ms: int, part: float) -> Turn:
    """Send a heap of deliveries; give deliveries a second, and processor microseconds for each.

    The time runs from the first arrival to the last result that is written: how long a library takes to
    begin (an enqueuing process to start, Florin's tick to find rows without a kick) is not what is measured.
    """
    count = max(10, int(contender.deliveries * part))
    database = place.fresh_database()
    place.rows(database, "endpoints", *[place.url(f"shop{n}", delay_ms) for n in range(ENDPOINTS)])
    place.rows(database, "deliveries", str(count))
    with (
        place.postgres.connect(database) as connection,
        place.processes(contender.command, contender.processes, database, contender.ready) as workers,
    ):
        connection.execute("VACUUM ANALYZE")
        if contender.ready is None:
            wait_for(lambda: place.rq_workers() >= contender.processes, "RQ's workers")

        def open_ones() -> int:
            query = "SELECT count(*) FROM webhook_deliveries WHERE status <> 'succeeded'"
            return int(connection.execute(query).fetchone()[0])  # type: ignore[index]

        if contender.enqueue is None:  # what the house has done when it wrote the event is no part of sending
            connection.execute("UPDATE webhook_deliveries SET due_at = %s", [int(time.time())])
        meter = Meter(place, [worker.pid for worker in workers])
        if contender.enqueue is not None:
            place.plain(database, contender.enqueue)
        wait_for(lambda: place.arrived() >= count, f"{contender.name} to send {count}", 180)
        wait_for(lambda: open_ones() == 0, f"{contender.name} to write {count}", 60)
        seconds = time.time() - place.first_arrival()
        return Turn(count / seconds, meter.each_us(count))


def limit(place: Scene, delay_ms: int, part: float) -> Turn:
    """Send as many as a bare loop can, two processes of it, and see that they came."""
    count = max(10, int(LIMIT_DELIVERIES * part))
    ask(place.sink_port, "POST", "/reset")
    urls = [place.url(f"shop{n}", delay_ms) for n in range(ENDPOINTS)]
    command = [sys.executable, "-m", "bench.webhooks_limit", "--count", str(count // WORKERS)]
    command += ["--connections", str(LIMIT_CONNECTIONS), *urls]
    pipe, env = subprocess.PIPE, environment()
    running = [
        subprocess.Popen(command, cwd=REPOSITORY, env=env, text=True, stdin=pipe, stdout=pipe)
        for _ in range(WORKERS)
    ]
    for process in running:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise BenchFailure("the limit's processes did not start")
    meter = Meter(place, [process.pid for process in running])
    for process in running:
        process.stdin.write("go\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
    wait_for(lambda: place.arrived() >= count // WORKERS * WORKERS, f"the limit to send {count}", 60)
    spent = meter.each_us(count)
    seconds = max(float(process.communicate()[0]) for process in running)
    return Turn(count / seconds, spent)


def rates(place: Scene, chosen: Sequence[str], rounds: int, part: float) -> list[Row]:
    """Measure the chosen contenders at both delays, in rounds that alternate the order."""
    ways: dict[str, Callable[[int], Turn]] = {LIMIT: lambda delay: limit(place, delay, part)}
    for one in CONTENDERS:
        ways[one.name] = lambda delay, one=one: turn(place, one, delay, part)  # type: ignore[misc]
    names = [name for name in ways if name in chosen]
    rows = {(name, delay): Row(name, delay) for name in names for delay in DELAYS_MS}
    for number in range(rounds):
        for delay in DELAYS_MS:
            for name in names if number % 2 == 0 else reversed(names):
                found = ways[name](delay)
                rows[name, delay].turns.append(found)
                each = ", ".join(f"{part} {spent:,.0f}" for part, spent in found.spent_us.items())
                print(f"{name} at {delay} ms: {found.rate:,.0f}/s ({each} us)", file=sys.stderr, flush=True)
    return list(rows.values())


def first_attempts(place: Scene, seconds: float, *, hanging: bool) -> list[float]:
    """Commit events at a steady rate; give the milliseconds from each commit to its first attempt, sorted.

    An endpoint that hangs gets every event too, and is as far behind as it is after some minutes of that.
    """
    database = place.fresh_database()
    place.rows(database, "endpoints", place.url("shop", 0))
    if hanging:
        place.rows(database, "hole", place.url("hole", "hang"), str(HANGING_BEHIND))
    with (
        place.postgres.connect(database) as connection,
        place.processes([sys.executable, "worker.py"], WORKERS, database, READY),
    ):
        connection.execute("VACUUM ANALYZE")
        written = place.rows(database, "steadily", str(STEADY_A_SECOND), str(seconds))
        committed: dict[str, float] = json.loads(written)

        def arrivals() -> dict[str, float]:
            return cast("dict[str, float]", ask(place.sink_port, "GET", "/shop")["arrivals"])

        wait_for(lambda: committed.keys() <= arrivals().keys(), "every event to arrive", 60)
        came = arrivals()
    return sorted(max(0.0, 1000 * (came[one] - moment)) for one, moment in committed.items())


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="./run bench webhooks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender has its turn (3)")
    parser.add_argument("--part", type=float, default=1.0, help="part of the usual number of deliveries (1)")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long events are committed (10)")
    parser.add_argument("--only", choices=PARTS, help="measure rates or latency alone")
    names = [LIMIT, *(one.name for one in CONTENDERS)]
    parser.add_argument("--of", nargs="+", choices=names, default=names, help="whose rates (all)")
    return parser.parse_args(arguments)


def measured(place: Scene, options: argparse.Namespace) -> list[str]:
    """Measure what was asked for; give a report of each part."""
    told = []
    if options.only != "latency":
        found = rates(place, options.of, options.rounds, options.part)
        told.append(webhooks_report.of_rates(found, DELAYS_MS))
    if options.only != "rates":
        turns: dict[bool, list[list[float]]] = {False: [], True: []}
        for number in range(options.rounds):
            for hanging in (False, True) if number % 2 == 0 else (True, False):
                turns[hanging].append(first_attempts(place, options.seconds, hanging=hanging))
                tail = p99(turns[hanging][-1])
                print(f"hanging {hanging}: p99 {tail:,.1f} ms", file=sys.stderr, flush=True)
        told.append(webhooks_report.of_latency(turns[False], turns[True], STEADY_A_SECOND))
    return told


def main(arguments: Sequence[str]) -> int:
    """Measure, print the report and keep it; 1 where the run is void."""
    options = read_arguments(arguments)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    data_dir = Path(os.environ.get("DATA_DIR") or REPOSITORY / "data").resolve()
    (data_dir / "bench").mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="florin-bench-") as name:
            folder = Path(name)
            folder.chmod(0o755)  # PostgreSQL runs as another user when we are root.
            with scene(folder) as place:
                told = measured(place, options)
    except BenchFailure as failure:
        print(f"bench: the run is void: {failure}", file=sys.stderr)
        return 1
    text = "\n".join(told)
    print(text)
    (data_dir / "bench" / "webhooks.md").write_text(text, encoding="utf-8")
    return 0
