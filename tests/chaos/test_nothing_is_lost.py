"""Payments under faults of the banks and kill -9 of every part: nothing is lost or charged twice."""

from pathlib import Path

import pytest

from tests.chaos.campaign import Outcome, Plan, run
from tests.support.machine import Machine

pytestmark = pytest.mark.slow


def told(outcome: Outcome) -> list[str]:
    return [str(violation) for violation in outcome.violations]


@pytest.mark.first
def test_production_keeps_its_books_through_kills_of_every_part(tmp_path: Path, machine: Machine) -> None:
    """PostgreSQL, Redis, two gateways, a worker and two banks; `./run chaos` plays longer campaigns."""
    plan = Plan(payments=2_000, kills=60, seed=41, database="postgresql")
    outcome = run(plan, tmp_path, alone=machine.alone)
    assert told(outcome) == []
    assert outcome.killed.total() == 60


def test_the_embedded_form_keeps_its_books_through_kills_of_every_part(tmp_path: Path) -> None:
    """SQLite, one process with its jobs inside, and two banks."""
    outcome = run(Plan(payments=150, kills=6, seed=12, database="sqlite", threads=12), tmp_path)
    assert told(outcome) == []
    assert outcome.killed.total() == 6
