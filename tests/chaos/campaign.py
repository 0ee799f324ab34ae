"""One campaign: orders under faults and kills, then quiet, then the checker's word."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos import checker, days, snapshot
from tests.chaos.house import House
from tests.chaos.merchant import open_accounts, subscribe
from tests.chaos.parts import FIRST
from tests.chaos.shoppers import Crowd
from tests.chaos.snapshot import Database
from tests.chaos.till import PATIENCE_SECONDS, Till
from tests.chaos.violations import Violation

QUIET_SECONDS = 120.0
POLL_SECONDS = 0.5
TELL_SECONDS = 5.0
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
    # Where somebody knows better: the amount of a dispute is the bank's own to say.
    {"kind": "wrong_amount", "probability": 0.05, "path": "/v1/authorizations*"},
    {"kind": "wrong_amount", "probability": 0.05, "path": "/v1/pay*"},
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
    defects: tuple[str, ...] = ()
    quiet_seconds: float = QUIET_SECONDS
    light: bool = False
    template: Path | None = None
    days_pass: bool = True  # at the banks, so that debits are collected, and files closed and paid out
    load_seconds: float | None = None  # so long at most: a slower machine plays fewer orders and kills


@dataclass
class Outcome:
    """What a campaign came to, in figures and in rules that were broken."""

    plan: Plan
    violations: list[Violation] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    figures: dict[str, Any] = field(default_factory=dict)


def run(
    plan: Plan,
    folder: Path,
    tell: Callable[[str], None] = lambda _: None,
    alone: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Outcome:
    """Plays one campaign in a folder of its own and leaves its journals and logs there.

    `alone` keeps others off the machine while the orders and the kills go on.
    """
    house = House(folder, plan.database, defects=plan.defects, light=plan.light)
    outcome = Outcome(plan)
    try:
        house.start(plan.template)
        _play(plan, house, outcome, tell, alone)
    finally:
        house.stop()
        house.delete_database()
    return outcome


def _play(
    plan: Plan,
    house: House,
    outcome: Outcome,
    tell: Callable[[str], None],
    alone: Callable[[], AbstractContextManager[None]],
) -> None:
    database = Database(house.database_url)
    crowd = Crowd(
        house.gateways,
        house.secret_key,
        plan.seed,
        plan.payments,
        plan.load_seconds,
        days_pass=plan.days_pass,
    )
    till = Till(house.gateways, house.secret_key, crowd.journal)
    wanted = subscribe(till, house.ports["sink"])
    earlier = {row["id"] for row in database.rows("SELECT id FROM events")}
    open_accounts(till)
    till.close()
    if plan.faulty:
        house.switch({"seed": plan.seed, "rules": list(LIGHT_FAULTS if plan.light else FAULTS)})
    with alone():
        _load(plan, house, crowd, outcome, tell)
    house.switch(None)
    house.supervisor.wait_until_ready()
    banks = {bank.name: bank.database for bank in house.banks}
    unsettled, quiet = _settle(database, banks, plan.quiet_seconds, tell)
    outcome.figures["settled_after_seconds"] = round(quiet, 1)
    tell(f"quiet for {quiet:.0f} s, unsettled: {unsettled or 'nothing'}")
    _judge(house, crowd, outcome, {"wanted": wanted, "earlier": earlier, "unsettled": unsettled})


def _load(plan: Plan, house: House, crowd: Crowd, outcome: Outcome, tell: Callable[[str], None]) -> None:
    """Orders, kills and days, until the last order is over."""
    begun = time.monotonic()
    over = threading.Event()
    beside = [
        threading.Thread(target=_kill, args=(plan, house, crowd, outcome, over), daemon=True),
        threading.Thread(target=_tell, args=(crowd, outcome, over, tell), daemon=True),
    ]
    if plan.days_pass:
        part = (house.banks, lambda: crowd.done / plan.payments, over)
        beside.append(threading.Thread(target=days.pass_by, args=part, daemon=True))
    for thread in beside:
        thread.start()
    crowd.run(plan.threads, patience_seconds=LIGHT_PATIENCE_SECONDS if plan.light else PATIENCE_SECONDS)
    over.set()
    for thread in beside:
        thread.join()
    if plan.days_pass:
        days.end(house.banks)
    outcome.figures["load_seconds"] = round(time.monotonic() - begun, 1)


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
        "without_card": sum(row["method_type"] is not None for row in seen["charges"]),
        "disputes": len(seen["disputes"]),
        "warnings": len(seen["early_fraud_warnings"]),
        "files": len(seen["settlements"]),
        "payouts": len(seen["payouts"]),
        "rerouted": sum(row["action"] == "payment_intent.rerouted" for row in seen["audit_rows"]),
        "events": len(seen["events"]),
        "deliveries": len(seen["webhook_deliveries"]),
        "audit_rows": len(seen["audit_rows"]),
    }


def _settle(
    database: Database, banks: dict[str, Path], patience_seconds: float, tell: Callable[[str], None]
) -> tuple[dict[str, int], float]:
    begun = told_at = time.monotonic()
    while True:
        unsettled = database.unsettled() | snapshot.unheard(database, banks)
        waited = time.monotonic() - begun
        if time.monotonic() - told_at > TELL_SECONDS:
            told_at = time.monotonic()
            tell(f"quiet for {waited:.0f} s, unsettled: {unsettled}")
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
    while not over.wait(TELL_SECONDS):
        tell(f"{crowd.done} orders, {outcome.killed.total()} kills")
