"""The checker is judged: it catches each defect planted in Florin, and finds nothing without one."""

from pathlib import Path

import pytest

from tests.chaos.campaign import Plan, run

pytestmark = pytest.mark.slow

ORDERS = 90
QUIET_SECONDS = 60.0  # at most: it ends as soon as all is settled
SEEDS = (7, 8, 9)  # a defect that needs two things at once may hide from one campaign, not from three
QUIET_WITH_A_DEFECT_SECONDS = 12.0  # for what is never settled is what some defects are about

# Each defect with the rule that has to name it; others may be broken by it as well.
DEFECTS = {
    "audit_row_missing": "one audit row for each transition",
    "card_number_encoded": "no card number or code anywhere",
    "card_number_in_log": "no card number or code anywhere",
    "code_kept": "no card number or code anywhere",
    "delivered_before_sent": "every event reached every endpoint",
    "delivery_lost": "every event reached every endpoint",
    "double_send": "an attempt behind each movement",
    "event_missing": "each transition has its events",
    "key_forgotten": "one live approval at most",
    "ledger_without_fee": "a movement is posted whole",
    "lost_commit": "what was told stands",
    "never_reconciled": "all is settled after the quiet",
    "no_lock_on_refund": "refunded alike on both sides",
    "refund_over_captured": "refunded alike on both sides",
    "retries_authorization": "one charge for each approval",
    "tombstone_forgotten": "one charge for each approval",
    "unbalanced_ledger": "the ledger sums to zero",
    "unknown_as_failed": "one charge for each approval",
    "void_forgotten": "a released charge is void at the bank",
    "wrong_amount_recorded": "same amount and currency",
}


def campaign(
    folder: Path, template: Path, defect: str | None, quiet_seconds: float, seed: int = SEEDS[0]
) -> list[str]:
    plan = Plan(
        ORDERS,
        0,
        seed=seed,
        threads=10,
        defect=defect,
        quiet_seconds=quiet_seconds,
        light=True,
        template=template,
    )
    return [str(violation) for violation in run(plan, folder).violations]


def test_without_a_defect_no_rule_is_broken(tmp_path: Path, template: Path) -> None:
    assert campaign(tmp_path, template, None, QUIET_SECONDS) == []


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_caught(tmp_path: Path, template: Path, defect: str) -> None:
    seen: list[str] = []
    for seed in SEEDS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        seen += campaign(folder, template, defect, QUIET_WITH_A_DEFECT_SECONDS, seed)
        if any(violation.startswith(f"{DEFECTS[defect]}: ") for violation in seen):
            return
    pytest.fail(f"no campaign caught it: {seen}")


def test_every_defect_there_is_has_its_rule() -> None:
    folder = Path(__file__).parent / "defects"
    assert {path.stem for path in folder.glob("*.py")} - {"planting"} == set(DEFECTS)
