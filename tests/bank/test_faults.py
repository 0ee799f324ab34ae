"""Faults on demand: the same seed strikes the same calls, and the journal says what really happened."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from bank_simulator.faults import ANSWERS, Call, Plan, Rule, Switch, read_plan
from tests.bank.support import Caller, bearer, order
from tests.support.processes import wait_until

CALLS = [Call("POST", "/v1/authorizations", f"pay_{number}") for number in range(400)]


def struck(seed: int, calls: list[Call]) -> set[Call]:
    switch = Switch(frozenset(ANSWERS))
    switch.replace(Plan(seed, (Rule("garbage", probability=0.4),)))
    return {call for call in calls if switch.strike(call)}


def switch_on(bank: Caller, *rules: dict[str, Any], seed: int = 1) -> None:
    plan = {"seed": seed, "rules": list(rules)}
    assert bank.client().put("/v1/faults", json=plan, headers=bearer()).status_code == 200


def pay(bank: Caller, reference: str) -> TestResponse:
    return bank.post("/v1/authorizations", order(reference))


def journaled(bank: Caller) -> list[tuple[str, str]]:
    rows = bank.get("/v1/journal").get_json()["data"]
    return [(row["reference"], row["outcome"]) for row in rows]


def test_a_seed_strikes_the_same_calls_in_whatever_order_they_come() -> None:
    assert struck(7, CALLS) == struck(7, CALLS[::-1])
    assert struck(7, CALLS) != struck(8, CALLS)


def test_a_probability_is_met_over_many_calls() -> None:
    assert 120 < len(struck(7, CALLS)) < 200


def test_a_rule_strikes_only_its_own_operations_and_only_so_often(bank: Caller) -> None:
    switch_on(bank, {"kind": "unavailable_503", "operations": ["authorization"], "count": 2})
    statuses = [pay(bank, f"pay_{number}").status_code for number in range(3)]
    assert statuses == [503, 503, 200]
    assert bank.get("/v1/authorizations/pay_2").status_code == 200
    assert bank.client().get("/v1/faults", headers=bearer()).get_json()["rules"][0]["struck"] == 2


def test_whoever_audits_hears_the_truth_and_the_switch_goes_off_again(bank: Caller) -> None:
    switch_on(bank, {"kind": "error_500", "path": "/*"})
    assert bank.get("/v1/journal").status_code == bank.client().get("/health").status_code == 200
    assert pay(bank, "pay_1").status_code == 500
    assert bank.client().delete("/v1/faults", headers=bearer()).status_code == 200
    assert pay(bank, "pay_1").status_code == 200


def test_without_the_secret_nobody_switches(bank: Caller) -> None:
    assert bank.client().put("/v1/faults", json={"rules": []}).status_code == 401


@pytest.mark.parametrize(
    ("rule", "status", "acted"),
    [
        ({"kind": "error_500"}, 500, False),
        ({"kind": "error_500", "after": True}, 500, True),
        ({"kind": "unavailable_503", "after": True}, 503, True),
        ({"kind": "closed"}, 503, False),
        ({"kind": "garbage"}, 200, True),
        ({"kind": "latency", "seconds": 0.01}, 200, True),
        ({"kind": "duplicate"}, 200, True),
    ],
)
def test_the_journal_tells_whether_the_bank_acted(
    bank: Caller, rule: dict[str, Any], status: int, *, acted: bool
) -> None:
    switch_on(bank, rule)
    assert pay(bank, "pay_1").status_code == status
    assert journaled(bank) == ([("pay_1", "approved")] if acted else [])


def test_a_wrong_amount_is_told_and_the_right_one_stands(bank: Caller) -> None:
    switch_on(bank, {"kind": "wrong_amount"})
    assert pay(bank, "pay_1").get_json()["amount_minor"] > 2000
    assert bank.get("/v1/journal").get_json()["data"][0]["amount_minor"] == 2000


def test_a_skewed_clock_tells_another_time_than_the_journal(bank: Caller) -> None:
    switch_on(bank, {"kind": "clock_skew", "seconds": -3600})
    told = pay(bank, "pay_1").get_json()["created"]
    assert bank.get("/v1/journal").get_json()["data"][0]["created"] - told == 3600


def test_a_late_bank_acts_after_it_has_answered(bank: Caller) -> None:
    switch_on(bank, {"kind": "late", "seconds": 0.05})
    assert pay(bank, "pay_1").status_code == 504
    wait_until(lambda: journaled(bank) == [("pay_1", "approved")], "the bank has acted")


@pytest.mark.parametrize(
    "plan",
    [
        b"",
        b"[]",
        b'{"rules": [{"kind": "magic"}]}',
        b'{"rules": [{"kind": "latency", "seconds": -1}]}',
        b'{"rules": [{"kind": "latency", "seconds": NaN}]}',
        b'{"rules": [{"kind": "latency", "probability": true}]}',
        b'{"rules": [{"kind": "latency", "operations": ["theft"]}]}',
        b'{"rules": [{"kind": "latency", "count": 0}]}',
        b'{"rules": [{"kind": "latency", "when": "now"}]}',
        b'{"rules": [{"kind": "reset_after"}]}',
        b'{"seed": -1}',
        b'{"seed": 1, "more": 2}',
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(bank: Caller, plan: bytes) -> None:
    answer = bank.client().put("/v1/faults", data=plan, headers=bearer())
    assert answer.status_code == 400, answer.text
    assert answer.get_json()["error"]["code"] == "invalid_request"


def test_a_plan_is_read_as_it_is_shown() -> None:
    plan = read_plan(b'{"seed": 3, "rules": [{"kind": "late", "seconds": 1, "operations": ["capture"]}]}')
    assert plan == Plan(3, (Rule("late", seconds=1.0, operations=("capture",)),))
