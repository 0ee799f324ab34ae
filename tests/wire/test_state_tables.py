"""Every pair of states of every noun: an edge moves and causes its event, anything else is refused."""

import ast
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest
import stripe

from kit.states import IllegalTransition
from payments import audit, events, lifecycle
from payments.resource import Resource
from tests.support.sdk_shapes import hints_of
from tests.support.states_page import PAGE, drawn, stateful_nouns

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("payments", "webhooks", "merchant_api", "checkout")
# The one way a status changes, and the attempt, which is no object of the API and keeps its own table.
MOVERS = {"payments/lifecycle.py", "payments/charging/attempts.py", "payments/balance/settlements.py"}

NOUNS = [noun for noun in stateful_nouns() if issubclass(noun, Resource)]
PAIRS = [
    pytest.param(noun, str(before), str(after), id=f"{noun.__name__}: {before} to {after}")
    for noun in NOUNS
    for before, after in product(noun.transitions.states, repeat=2)
]


def words_of(hint: Any) -> set[str]:
    """Every literal string within a type hint."""
    arms = get_args(hint)
    return {arm for arm in arms if isinstance(arm, str)}.union(*(words_of(arm) for arm in arms))


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What a move records, in order: ("audit", action) and ("event", type)."""
    rows: list[tuple[str, str]] = []

    def record_audit(action: str, _object_id: str, **_details: Any) -> None:
        rows.append(("audit", action))

    def record_event(event_type: str, noun: Any) -> None:
        rows.append(("event", f"{event_type} as {noun.status}"))

    monkeypatch.setattr(audit, "record", record_audit)
    monkeypatch.setattr(events, "record", record_event)
    return rows


@pytest.mark.parametrize(("noun", "before", "after"), PAIRS)
def test_a_pair_of_states_is_an_edge_or_is_refused(
    noun: Any, before: str, after: str, recorded: list[tuple[str, str]]
) -> None:
    row = noun(status=before, **({"id": noun.mint()} if hasattr(noun, "mint") else {}))
    if not noun.transitions.allows(before, after):
        with pytest.raises(IllegalTransition, match=f"from {before} to {after}"):
            lifecycle.move(row, after)
        assert row.status == before
        assert recorded == []
        return
    lifecycle.move(row, after)
    assert row.status == after
    event_type = noun.transitions.event_for(before, after)
    expected = [("audit", f"{noun.object_name}.{after}")]
    assert recorded == expected + ([("event", f"{event_type} as {after}")] if event_type else [])


@pytest.mark.parametrize("noun", NOUNS)
def test_the_states_are_those_that_the_sdk_knows(noun: Any) -> None:
    known = words_of(hints_of(noun.stripe_class).get("status"))
    assert not known or set(noun.transitions.states) <= known


@pytest.mark.parametrize("noun", NOUNS)
def test_the_events_are_those_that_the_sdk_knows(noun: Any) -> None:
    named = {event_type for event_type in noun.transitions.edges.values() if event_type}
    assert named <= words_of(hints_of(stripe.Event)["type"])


@pytest.mark.parametrize("noun", stateful_nouns())
def test_no_state_leads_to_itself(noun: Any) -> None:
    assert not [before for before, after in noun.transitions.edges if before == after]


def test_a_status_changes_in_one_place_only() -> None:
    found = []
    for path in [file for floor in FLOORS for file in (ROOT / floor).rglob("*.py")]:
        name = path.relative_to(ROOT).as_posix()
        if name in MOVERS:
            continue
        found += [
            f"{name}:{target.lineno}"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Attribute) and target.attr == "status"
        ]
    assert not found


def test_the_page_of_states_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == drawn(), "run python -m tests.support.states_page"
