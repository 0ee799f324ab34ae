"""Measures one workload over all its contenders, in rounds that alternate the order."""

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from bench.contenders import Contender, Scene
from bench.load import Plan, Tally
from bench.meters import largest_resident_mib, processor_seconds
from bench.servers import REPOSITORY, BenchFailure
from bench.workloads import Workload

WARM_UP_SECONDS = 0.4
GRACE_SECONDS = 60.0


@dataclass(frozen=True)
class Round:
    """One contender's turn."""

    rate: float
    p50_ms: float
    p99_ms: float
    web_microseconds: float
    database_microseconds: float
    commits: float  # that wrote something, for each request; 0 where nobody counts them (SQLite)


@dataclass
class Result:
    """What one contender did in one workload."""

    contender: str
    workload: str
    rounds: list[Round] = field(default_factory=list)
    resident_mib: float = 0.0

    def median(self, name: str = "rate") -> float:
        """Give the median of a figure over the rounds."""
        return float(statistics.median(getattr(one, name) for one in self.rounds))

    def processor_microseconds(self) -> float:
        """Give the processor time of a request, web and database together, in its median round."""
        whole = [one.web_microseconds + one.database_microseconds for one in self.rounds]
        return max(1.0, statistics.median(whole))

    def spread(self) -> float:
        """Give the distance from the slowest to the fastest round, as a part of the median."""
        rates = [one.rate for one in self.rounds]
        return (max(rates) - min(rates)) / self.median() if self.median() else 0.0


def drive(plan: Plan) -> Tally:
    """Run the load generator as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        cwd=REPOSITORY,
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        check=False,
        timeout=plan.seconds + GRACE_SECONDS,
    )
    if done.returncode:
        raise BenchFailure(f"the load generator failed: {done.stderr[-1000:]}")
    return Tally(**json.loads(done.stdout))


def turn(scene: Scene, contender: Contender, workload: Workload, seconds: float) -> Round:
    """Give one contender its turn; any answer that is not 2xx voids the whole run."""
    contender.before_round()
    plan = Plan(
        port=contender.server.port,
        requests=contender.requests(workload),
        connections=workload.connections,
        seconds=seconds,
        max_requests=contender.max_requests,
    )
    web_before = processor_seconds(contender.server.pid)
    database_before = processor_seconds(scene.postgres.server.pid) if scene.postgres else 0.0
    commits_before = scene.postgres.writing_transactions() if scene.postgres else 0
    tally = drive(plan)
    if tally.failed or not tally.answered:
        raise BenchFailure(
            f"{contender.name}, {workload.title}: {tally.failed} answers failed, the first: "
            f"{tally.first_failure}\n{contender.server.log_tail()}"
        )
    web = processor_seconds(contender.server.pid) - web_before
    database = (processor_seconds(scene.postgres.server.pid) if scene.postgres else 0.0) - database_before
    commits = (scene.postgres.writing_transactions() if scene.postgres else 0) - commits_before
    return Round(
        rate=tally.answered / tally.seconds,
        p50_ms=tally.p50_ms,
        p99_ms=tally.p99_ms,
        web_microseconds=1e6 * web / tally.answered,
        database_microseconds=1e6 * database / tally.answered,
        commits=commits / tally.answered,
    )


def compare(
    scene: Scene, workload: Workload, names: Sequence[str], *, rounds: int, seconds: float
) -> list[Result]:
    """Measure a workload: a short warm-up of each contender, then rounds forwards and backwards in turn."""
    scene.set_bank_delay(workload.bank_milliseconds)
    contenders = [scene.contenders[name] for name in names if name in scene.contenders]
    results = {one.name: Result(one.name, workload.name) for one in contenders}
    for one in contenders:
        turn(scene, one, workload, min(WARM_UP_SECONDS, seconds))
    scene.analyze()
    for number in range(rounds):
        for one in contenders if number % 2 == 0 else reversed(contenders):
            results[one.name].rounds.append(turn(scene, one, workload, seconds))
    for one in contenders:
        results[one.name].resident_mib = largest_resident_mib(one.server.pid)
    return list(results.values())
