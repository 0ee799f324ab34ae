"""One campaign: orders under faults and kills, then quiet, then the checker's word."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos import checker, snapshot
from tests.chaos.house import House
from tests.chaos.parts import FIRST
from tests.chaos.shoppers import Crowd, subscribe
from tests.chaos.snapshot import Database
from tests.chaos.till import PATIENCE_SECONDS, Till
from tests.chaos.violations import Violation

QUIET_SECONDS = 120.0
POLL_SECONDS = 0.5
YOUNG_SECONDS = 0.3  # a part that has just been started is left alone that long

# How often each part is the one that dies, beside the others.
WEIGHTS = {
    "web_1": 4,
    "web_2": 4,
    "worker": 3,
    "piggy_bank": 4,
    "cuckoo_bank": 2,
    "redis": 3,
    "postgres": 3,
}

# Together they befall four calls in ten; the first that strikes is the one.
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "latency", "probability": 0.08, "seconds": 0.05},
    {"kind": "latency", "probability": 0.01, "seconds": 1.5},
    {"kind": "slow_drip", "probability": 0.01, "seconds": 2},
    {"kind": "reset_before", "probability": 0.04},
    {"kind": "reset_after", "probability": 0.05},
    {"kind": "error_500", "probability": 0.03},
    {"kind": "error_500", "probability": 0.03, "after": True},
    {"kind": "unavailable_503", "probability": 0.03},
    {"kind": "unavailable_503", "probability": 0.03, "after": True},
    {"kind": "garbage", "probability": 0.05},
    {"kind": "wrong_amount", "probability": 0.05},
    {"kind": "duplicate", "probability": 0.05},
    {"kind": "late", "probability": 0.04, "seconds": 3},
    {"kind": "clock_skew", "probability": 0.02, "seconds": -7200},
    {"kind": "refused", "probability": 0.05},
    {"kind": "refused", "probability": 0.005, "seconds": 0.5},
)

# For a light campaign, which has to be over soon: whatever loses the truth, and no fault of a look at it.
LIGHT_PATIENCE_SECONDS = 3.0
MOVING = ["authorization", "capture", "refund"]
LIGHT_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "reset_after", "probability": 0.08, "operations": MOVING},
    {"kind": "error_500", "probability": 0.05, "after": True, "operations": MOVING},
    {"kind": "garbage", "probability": 0.04, "operations": MOVING},
    {"kind": "reset_before", "probability": 0.04, "operations": MOVING},
    {"kind": "late", "probability": 0.12, "seconds": 6, "operations": ["authorization"]},
)


@dataclass(frozen=True)
class Plan:
    payments: int
    kills: int
    seed: int = 1
    database: str = "sqlite"
    threads: int = 40
    faulty: bool = True
    defect: str | None = None
    quiet_seconds: float = QUIET_SECONDS
    light: bool = False
    template: Path | None = None
    load_seconds: float | None = None  # so long at most: a slower machine plays fewer orders and kills


@dataclass
class Outcome:
    """What a campaign came to, in figures and in rules that were broken."""

    plan: Plan
    violations: list[Violation] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    figures: dict[str, Any] = field(default_factory=dict)


def run(plan: Plan, folder: Path, tell: Callable[[str], None] = lambda _: None) -> Outcome:
    """Plays one campaign in a folder of its own and leaves its journals and logs there."""
    house = House(folder, plan.database, defect=plan.defect, light=plan.light)
    outcome = Outcome(plan)
    try:
        house.start(plan.template)
        _play(plan, house, outcome, tell)
    finally:
        house.stop()
        house.delete_database()
    return outcome


def _play(plan: Plan, house: House, outcome: Outcome, tell: Callable[[str], None]) -> None:
    database = Database(house.database_url)
    crowd = Crowd(house.gateways, house.secret_key, plan.seed, plan.payments, plan.load_seconds)
    till = Till(house.gateways, house.secret_key, crowd.journal)
    wanted = subscribe(till, house.ports["sink"])
    till.close()
    earlier = {row["id"] for row in database.rows("SELECT id FROM events")}
    if plan.faulty:
        house.switch({"seed": plan.seed, "rules": list(LIGHT_FAULTS if plan.light else FAULTS)})
    begun = time.monotonic()
    over = threading.Event()
    killer = threading.Thread(target=_kill, args=(plan, house, crowd, outcome, over), daemon=True)
    killer.start()
    teller = threading.Thread(target=_tell, args=(crowd, outcome, over, tell), daemon=True)
    teller.start()
    crowd.run(plan.threads, patience_seconds=LIGHT_PATIENCE_SECONDS if plan.light else PATIENCE_SECONDS)
    over.set()
    killer.join()
    teller.join()
    outcome.figures["load_seconds"] = round(time.monotonic() - begun, 1)
    house.switch(None)
    house.supervisor.wait_until_ready()
    banks = {bank.name: bank.database for bank in house.banks}
    unsettled, quiet = _settle(database, banks, plan.quiet_seconds)
    outcome.figures["settled_after_seconds"] = round(quiet, 1)
    tell(f"quiet for {quiet:.0f} s, unsettled: {unsettled or 'nothing'}")
    _judge(house, crowd, outcome, {"wanted": wanted, "earlier": earlier, "unsettled": unsettled})


def _judge(house: House, crowd: Crowd, outcome: Outcome, circumstances: dict[str, Any]) -> None:
    begun = time.monotonic()
    for name, part in house.supervisor.parts.items():
        if name not in FIRST:
            part.retire(at_once=outcome.plan.light)
    crowd.journal.save(house.folder / "client.jsonl")
    banks = {bank.name: bank.database for bank in house.banks}
    seen = snapshot.take(Database(house.database_url), banks)
    house.stop()
    folders = [house.folder, *([house.postgres.data] if house.postgres else [])]
    quiet = outcome.figures["settled_after_seconds"]
    evidence = checker.Evidence(
        seen=seen,
        client=crowd.journal,
        sink_journal=house.sink_journal,
        quiet_seconds=quiet,
        folders=folders,
        **circumstances,
    )
    outcome.violations = checker.violations(evidence)
    outcome.figures |= _figures(evidence, crowd) | {"check_seconds": round(time.monotonic() - begun, 1)}


def _figures(evidence: checker.Evidence, crowd: Crowd) -> dict[str, Any]:
    seen = evidence.seen
    told = Counter(str(entry.status) for entry in crowd.journal.told)
    return {
        "orders": crowd.done,
        "calls": len(crowd.journal.told),
        "answers": dict(sorted(told.items())),
        "bank_operations": sum(map(len, seen.journals.values())),
        "charges_paid": sum(row["status"] == "succeeded" for row in seen["charges"]),
        "refunds": len(seen["refunds"]),
        "challenges": sum(row["action"] == "payment_intent.requires_action" for row in seen["audit_rows"]),
        "rerouted": sum(row["action"] == "payment_intent.rerouted" for row in seen["audit_rows"]),
        "events": len(seen["events"]),
        "deliveries": len(seen["webhook_deliveries"]),
        "audit_rows": len(seen["audit_rows"]),
    }


def _settle(
    database: Database, banks: dict[str, Path], patience_seconds: float
) -> tuple[dict[str, int], float]:
    begun = time.monotonic()
    while True:
        unsettled = database.unsettled() | snapshot.unheard(database, banks)
        waited = time.monotonic() - begun
        if not unsettled or waited > patience_seconds:
            return unsettled, waited
        time.sleep(POLL_SECONDS)


def _kill(plan: Plan, house: House, crowd: Crowd, outcome: Outcome, over: threading.Event) -> None:
    """Kills are spread over the orders, so that each falls into the load however fast the machine is."""
    dice = random.Random(f"kills/{plan.seed}")
    parts = {name: part for name, part in house.supervisor.parts.items() if name in WEIGHTS}
    names, weights = list(parts), [WEIGHTS[name] for name in parts]
    for number in range(plan.kills):
        due = (number + dice.random()) * plan.payments / (plan.kills + 1)
        while crowd.done < due and not over.wait(0.01):
            pass
        if crowd.done < due:
            return
        while True:
            victim = parts[dice.choices(names, weights)[0]]
            if victim.age_seconds() > YOUNG_SECONDS and victim.kill():
                outcome.killed[victim.name] += 1
                break
            time.sleep(POLL_SECONDS / 10)


def _tell(crowd: Crowd, outcome: Outcome, over: threading.Event, tell: Callable[[str], None]) -> None:
    while not over.wait(5.0):
        tell(f"{crowd.done} orders, {outcome.killed.total()} kills")
