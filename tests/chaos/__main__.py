"""`./run chaos`: long campaigns, seed after seed, with a report of what was done and what was found."""

import argparse
import json
import os
import shutil
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from tests.chaos.campaign import Outcome, Plan, run

SHOWN = 40


def main(arguments: list[str]) -> int:
    """Returns 0 where no rule was broken in any campaign."""
    asked = _asked(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    folder = Path(os.environ.get("DATA_DIR") or "data").absolute() / "chaos"
    folder.mkdir(parents=True, exist_ok=True)
    outcomes = []
    for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
        place = folder / f"{asked.database}-{seed}"
        shutil.rmtree(place, ignore_errors=True)
        plan = Plan(
            asked.payments,
            asked.kills,
            seed,
            asked.database,
            asked.threads,
            faulty=not asked.no_faults,
            load_seconds=asked.minutes and asked.minutes * 60,
        )
        print(
            f"seed {seed}: {plan.payments} orders, {plan.kills} kills, {plan.database}, in {place}",
            flush=True,
        )
        outcomes.append(run(plan, place, lambda words: print(f"  {words}", flush=True)))
        _show(outcomes[-1])
        (place / "report.json").write_text(json.dumps(_report(outcomes[-1]), indent=2))
    (folder / "report.json").write_text(json.dumps([_report(outcome) for outcome in outcomes], indent=2))
    broken = sum(len(outcome.violations) for outcome in outcomes)
    print(f"{len(outcomes)} campaigns, {broken} violations; report in {folder / 'report.json'}")
    return 1 if broken else 0


def _end(number: int, _frame: FrameType | None) -> None:
    """Once is enough: a second signal must not break off the ending of the processes."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run chaos", description=__doc__)
    parser.add_argument("--payments", type=int, default=2_000, help="orders in each campaign (2000)")
    parser.add_argument("--kills", type=int, default=60, help="kills in each campaign (60)")
    parser.add_argument(
        "--seeds", type=int, default=1, help="how many campaigns, each with the next seed (1)"
    )
    parser.add_argument("--first-seed", type=int, default=1, help="the first of them (1)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--threads", type=int, default=40, help="merchants at once (40)")
    parser.add_argument("--minutes", type=float, help="of load at most, judged as far as it came")
    parser.add_argument("--no-faults", action="store_true", help="leave the lines to the banks whole")
    return parser.parse_args(arguments)


def _show(outcome: Outcome) -> None:
    figures = ", ".join(f"{name} {value}" for name, value in outcome.figures.items())
    print(f"  killed {dict(outcome.killed)}; {figures}")
    for violation in outcome.violations[:SHOWN]:
        print(f"  VIOLATION {violation}")
    print(f"  {len(outcome.violations)} violations", flush=True)


def _report(outcome: Outcome) -> dict[str, object]:
    return {
        "plan": asdict(outcome.plan),
        "killed": dict(outcome.killed),
        "figures": outcome.figures,
        "violations": [asdict(violation) for violation in outcome.violations],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
