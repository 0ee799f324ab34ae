"""`./run bench webhooks`: deliveries a second, how soon the first attempt comes; RQ and dramatiq beside."""

import argparse
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from bench.meters import processor_seconds
from bench.servers import REPOSITORY, BenchFailure
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
STEADY_A_SECOND = 200
HANGING_BEHIND = 50_000  # deliveries, as after four minutes at that rate
PARTS = ("rates", "latency")
AIMS = (("SimpleWorker", 25), ("dramatiq", 3))
FIRST_ATTEMPT_MS, HANGING_COSTS = 250, 1.10


@dataclass(frozen=True)
class Contender:
    """A way to send: how its workers start, how many processes, and how many deliveries make a turn."""

    name: str
    command: list[str]
    processes: int
    deliveries: int
    enqueue: str | None  # how its jobs are queued; None for Florin, whose rows fall due
    ready: bytes | None


CONTENDERS = (
    Contender("Florin", [sys.executable, "worker.py"], WORKERS, 12_000, None, READY),
    Contender(
        "dramatiq",
        [sys.executable, "-m", "dramatiq", "bench.webhooks_plain", "--processes", "2", "--threads", "32"],
        1, 3_000, "dramatiq", b"Worker process is ready",
    ),
    Contender("SimpleWorker", [*RQ, "--worker-class", "rq.worker.SimpleWorker"], WORKERS, 400, "rq", None),
    Contender("RQ, forking", RQ, WORKERS, 40, "rq", None),
)  # fmt: skip


@dataclass
class Row:
    """What one contender did at one delay, turn by turn."""

    name: str
    delay_ms: int
    rates: list[float] = field(default_factory=list)
    processor_us: list[float] = field(default_factory=list)

    def rate(self) -> float:
        """The median of the turns."""
        return statistics.median(self.rates)


def turn(place: Scene, contender: Contender, delay_ms: int, part: float) -> tuple[float, float]:
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

        def spent() -> float:
            pids = [place.postgres.server.pid, *(worker.pid for worker in workers)]
            return sum(processor_seconds(pid) for pid in pids)

        def open_ones() -> int:
            query = "SELECT count(*) FROM webhook_deliveries WHERE status <> 'succeeded'"
            return int(connection.execute(query).fetchone()[0])  # type: ignore[index]

        before = spent()
        if contender.enqueue is None:
            connection.execute("UPDATE webhook_deliveries SET due_at = %s", [int(time.time())])
        else:
            place.plain(database, contender.enqueue)
        wait_for(lambda: place.arrived() >= count, f"{contender.name} to send {count}", 180)
        wait_for(lambda: open_ones() == 0, f"{contender.name} to write {count}", 60)
        seconds = time.time() - place.first_arrival()
        return count / seconds, 1e6 * (spent() - before) / count


def rates(place: Scene, rounds: int, part: float) -> list[Row]:
    """Measure all contenders at both delays, in rounds that alternate the order."""
    rows = {(one.name, delay): Row(one.name, delay) for delay in DELAYS_MS for one in CONTENDERS}
    for number in range(rounds):
        for delay in DELAYS_MS:
            for one in CONTENDERS if number % 2 == 0 else reversed(CONTENDERS):
                rate, processor = turn(place, one, delay, part)
                rows[one.name, delay].rates.append(rate)
                rows[one.name, delay].processor_us.append(processor)
                print(f"{one.name} at {delay} ms: {rate:,.0f}/s", file=sys.stderr, flush=True)
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


def p99(milliseconds: Sequence[float]) -> float:
    """The 99th percentile of sorted values."""
    return milliseconds[min(len(milliseconds) - 1, int(len(milliseconds) * 0.99))]


def report_of_rates(rows: list[Row]) -> str:
    """How many deliveries a second, and what came of the aims, as Markdown."""
    found = {(row.name, row.delay_ms): row for row in rows}
    lines = [
        "| deliveries a second | sink at 0 ms | at 50 ms | processor us each, at 0 ms |",
        "|---|---:|---:|---:|",
    ]
    for one in CONTENDERS:
        quick, slow = (found[one.name, delay] for delay in DELAYS_MS)
        processor = statistics.median(quick.processor_us)
        lines.append(f"| {one.name} | {quick.rate():,.0f} | {slow.rate():,.0f} | {processor:,.0f} |")
    lines += ["", "| aim | at 0 ms | at 50 ms |", "|---|---|---|"]
    for beside, at_least in AIMS:
        ratios = []
        for delay in DELAYS_MS:
            ratio = found["Florin", delay].rate() / found[beside, delay].rate()
            ratios.append(f"{ratio:.1f} {'reached' if ratio >= at_least else 'missed'}")
        lines.append(f"| {at_least} times {beside} | {' | '.join(ratios)} |")
    return "\n".join(lines) + "\n"


def report_of_latency(calm: list[list[float]], beside_a_hole: list[list[float]]) -> str:
    """How soon the first attempt comes, alone and beside an endpoint that hangs, as Markdown."""
    lines = [
        f"| commit to first attempt, ms, at {STEADY_A_SECOND} events a second | p50 | p99 | each p99 |",
        "|---|---:|---:|---|",
    ]
    middle = {}
    for name, turns in (("alone", calm), ("beside an endpoint that hangs", beside_a_hole)):
        tails = [p99(turn) for turn in turns]
        middle[name] = statistics.median(tails)
        half = statistics.median(statistics.median(turn) for turn in turns)
        each = ", ".join(f"{tail:,.1f}" for tail in tails)
        lines.append(f"| {name} | {half:,.1f} | {middle[name]:,.1f} | {each} |")
    quiet, disturbed = middle.values()
    reached = "reached" if quiet < FIRST_ATTEMPT_MS else "missed"
    fair = "reached" if disturbed < HANGING_COSTS * quiet else "missed"
    lines += [
        "",
        f"Aims: p99 under {FIRST_ATTEMPT_MS} ms: {reached}; beside one that hangs less than 10 % more:",
    ]
    lines[-1] += f" {fair} ({100 * (disturbed / quiet - 1):+,.0f} %)."
    return "\n".join(lines) + "\n"


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="./run bench webhooks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender has its turn (3)")
    parser.add_argument("--part", type=float, default=1.0, help="part of the usual number of deliveries (1)")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long events are committed (10)")
    parser.add_argument("--only", choices=PARTS, help="measure rates or latency alone")
    return parser.parse_args(arguments)


def measured(place: Scene, options: argparse.Namespace) -> list[str]:
    """Measure what was asked for; give a report of each part."""
    told = []
    if options.only != "latency":
        told.append(report_of_rates(rates(place, options.rounds, options.part)))
    if options.only != "rates":
        turns: dict[bool, list[list[float]]] = {False: [], True: []}
        for number in range(options.rounds):
            for hanging in (False, True) if number % 2 == 0 else (True, False):
                turns[hanging].append(first_attempts(place, options.seconds, hanging=hanging))
                tail = p99(turns[hanging][-1])
                print(f"hanging {hanging}: p99 {tail:,.1f} ms", file=sys.stderr, flush=True)
        told.append(report_of_latency(turns[False], turns[True]))
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
