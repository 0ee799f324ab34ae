"""`./run bench`: measures Florin beside the floor, the limit, the naive handler and localstripe."""

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

from bench import peer, report
from bench.contenders import Scene, add_peers, start_contenders
from bench.measure import Result, compare
from bench.postgres import start_postgres
from bench.servers import REPOSITORY, BenchFailure, free_port, start
from bench.workloads import WORKLOADS, Workload

DATABASES = ("postgresql", "sqlite")
SCALES = (1_000, 1_000_000)
SCALED = ("retrieve", "list")


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    names = [workload.name for workload in WORKLOADS]
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender has its turn (3)")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a turn lasts (3)")
    parser.add_argument(
        "--only", nargs="+", choices=names, default=names, metavar="WORKLOAD", help=", ".join(names)
    )
    parser.add_argument("--quick", action="store_true", help="one-second turns, no peer, no million sessions")
    parser.add_argument("--no-peer", action="store_true", help="leave localstripe out (it needs PyPI once)")
    parser.add_argument("--no-scale", action="store_true", help="leave the million sessions out")
    found = parser.parse_args(arguments)
    if found.quick:
        found.seconds, found.no_peer, found.no_scale = min(found.seconds, 1.0), True, True
    if found.rounds < 1 or found.seconds <= 0:
        parser.error("--rounds and --seconds must be positive")
    return found


def measure_database(database: str, options: argparse.Namespace, data_dir: Path) -> tuple[list[Result], str]:
    """Set one database's scene up, measure everything on it and take it down again."""
    wanted = [workload for workload in WORKLOADS if workload.name in options.only]
    scales = () if options.no_scale or not {*SCALED} & {*options.only} else SCALES
    results: list[Result] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="florin-bench-")))
        folder.chmod(0o755)  # PostgreSQL runs as another user when we are root.
        bank_port = free_port()
        bank = start(
            "bank", [sys.executable, "-m", "bench.bank", "--port", str(bank_port)], bank_port, folder
        )
        stack.callback(bank.stop)
        postgres = start_postgres(folder) if database == "postgresql" else None
        if postgres is not None:
            stack.callback(postgres.server.stop)
        scene = Scene(database, folder, stack, postgres, bank)
        start_contenders(scene, wanted, scales)
        if not options.no_peer:
            stack.enter_context(peer.store_kept_aside())
            add_peers(scene, data_dir)
        for workload in wanted:
            names = ["florin", *workload.beside]
            results += measured(scene, workload, names, options)
        for workload in wanted:
            if scales and workload.name in SCALED:
                scaled = replace(workload, name=f"scale {workload.name}")
                results += measured(scene, scaled, [f"florin-{size}" for size in scales], options)
    settings = f"{options.rounds} rounds of {options.seconds:g} s in alternating order, medians"
    return results, report.render(database, results, scales, settings)


def measured(scene: Scene, workload: Workload, names: list[str], options: argparse.Namespace) -> list[Result]:
    """Measure one workload, and say so while it goes on."""
    results = compare(scene, workload, names, rounds=options.rounds, seconds=options.seconds)
    shown = ", ".join(f"{result.contender} {result.median():,.0f}/s" for result in results)
    print(f"{scene.database}: {workload.title}: {shown}", file=sys.stderr, flush=True)
    return results


def stop_on_signal(number: int, _frame: object) -> None:
    """Unwind, so that everything that was started is stopped."""
    raise SystemExit(128 + number)


def main(arguments: Sequence[str]) -> int:
    """Measure, print the report and keep it; 1 where the run is void."""
    if arguments[:1] == ["webhooks"]:
        from bench import webhooks  # noqa: PLC0415 - it needs dramatiq and Redis, which the others don't

        return webhooks.main(arguments[1:])
    if arguments[:1] == ["page"]:
        from bench import page  # noqa: PLC0415 - it makes an app, which the others only start

        return page.main(arguments[1:])
    options = read_arguments(arguments)
    signal.signal(signal.SIGTERM, stop_on_signal)
    data_dir = Path(os.environ.get("DATA_DIR") or REPOSITORY / "data").resolve()
    kept = data_dir / "bench"
    kept.mkdir(parents=True, exist_ok=True)
    for database in DATABASES if options.database == "both" else (options.database,):
        try:
            results, text = measure_database(database, options, data_dir)
        except BenchFailure as failure:
            print(f"bench: the run is void: {failure}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        print(text)
        (kept / f"{database}.md").write_text(text, encoding="utf-8")
        raw = json.dumps([asdict(result) for result in results], indent=1)
        (kept / f"{database}.json").write_text(raw, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
