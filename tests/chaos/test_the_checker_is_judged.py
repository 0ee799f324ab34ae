"""The checker is judged: it catches each defect planted in Florin, and finds nothing without one.

Defects that different rules have to name, and that don't cause each other, are planted together.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.chaos import cases, clearing
from tests.chaos.campaign import Plan, run

pytestmark = pytest.mark.slow

ORDERS = 110
QUIET_SECONDS = 60.0  # at most: it ends as soon as all is settled
SEEDS = (7, 8, 9)  # a defect that needs two things at once may hide from one campaign, not from three
QUIET_WITH_DEFECTS_SECONDS = 12.0  # for what is never settled is what some defects are about
QUIET_WITH_DAYS_SECONDS = 30.0  # until the last files are fetched, posted and paid out

LEAK = "no card number or code anywhere"
APPROVAL = "one charge for each approval"
# Each defect with the rule that has to name it; others may be broken by it as well.
TOGETHER: tuple[dict[str, str], ...] = (
    {
        "card_number_in_log": LEAK,
        "audit_row_missing": "one audit row for each transition",
        "ledger_without_fee": "a movement is posted whole",
        "notice_lost": cases.HEARD,
    },
    {
        "card_number_encoded": LEAK,
        "unbalanced_ledger": "the ledger sums to zero",
        "dispute_fee_missing": cases.MONEY,
        "never_reconciled": "all is settled after the quiet",
    },
    {
        "code_kept": LEAK,
        "delivery_lost": "every event reached every endpoint",
        "refund_over_captured": "refunded alike on both sides",
        "late_word_missing": cases.LATER,
    },
    {
        "delivered_before_sent": "every event reached every endpoint",
        "wrong_amount_recorded": "same amount and currency",
        "double_send": "an attempt behind each movement",
        "void_forgotten": "a released charge is void at the bank",
    },
    {"lost_commit": "what was told stands"},
    {"no_lock_on_refund": "refunded alike on both sides", "event_missing": "each transition has its events"},
    {"retries_authorization": APPROVAL, "late_failure_as_success": cases.LATER},
    {"tombstone_forgotten": APPROVAL, "key_forgotten": "one live approval at most"},
    {"unknown_as_failed": APPROVAL},
)
# So many of these campaigns are played at once: each of them mostly waits.
SIDE_BY_SIDE = tuple(TOGETHER[place : place + 2] for place in range(0, len(TOGETHER), 2))
# These show where files are closed and paid out.
WITH_DAYS = {"settled_cash_short": clearing.CASH, "payout_paid_twice": clearing.PAYOUTS}


def campaign(
    folder: Path, template: Path, defects: tuple[str, ...], quiet_seconds: float, seed: int, *, days: bool
) -> list[str]:
    plan = Plan(
        ORDERS,
        0,
        seed=seed,
        threads=10,
        defects=defects,
        quiet_seconds=quiet_seconds,
        light=True,
        template=template,
        days_pass=days,
    )
    return [str(violation) for violation in run(plan, folder).violations]


def missed(folder: Path, template: Path, defects: dict[str, str], *, days: bool) -> list[str]:
    """Which of some defects that are planted together no campaign has caught by their rules."""
    quiet_seconds = QUIET_WITH_DAYS_SECONDS if days else QUIET_WITH_DEFECTS_SECONDS
    left = dict(defects)
    for seed in SEEDS:
        place = folder / str(seed)
        place.mkdir()
        seen = campaign(place, template, tuple(defects), quiet_seconds, seed, days=days)
        left = {
            defect: rule
            for defect, rule in left.items()
            if not any(violation.startswith(f"{rule}: ") for violation in seen)
        }
        if not left:
            break
    return list(left)


def test_without_a_defect_no_rule_is_broken(tmp_path: Path, template: Path) -> None:
    assert campaign(tmp_path, template, (), QUIET_SECONDS, SEEDS[0], days=True) == []


@pytest.mark.parametrize("some", SIDE_BY_SIDE, ids=lambda some: " + ".join(map(" ".join, some)))
def test_planted_defects_are_caught(tmp_path: Path, template: Path, some: tuple[dict[str, str], ...]) -> None:
    def judged(place: int) -> list[str]:
        folder = tmp_path / str(place)
        folder.mkdir()
        return missed(folder, template, some[place], days=False)

    for defects in some:
        assert len(set(defects.values())) == len(defects), "each has a rule of its own to name it"
    with ThreadPoolExecutor(len(some)) as pool:
        assert [defect for found in pool.map(judged, range(len(some))) for defect in found] == []


def test_defects_of_settled_money_are_caught(tmp_path: Path, template: Path) -> None:
    assert missed(tmp_path, template, WITH_DAYS, days=True) == []


def test_every_defect_there_is_has_its_rule() -> None:
    folder = Path(__file__).parent / "defects"
    known = [defect for defects in (*TOGETHER, WITH_DAYS) for defect in defects]
    assert sorted(known) == sorted({path.stem for path in folder.glob("*.py")} - {"planting"})
    assert len(known) >= 12
