"""An answer that names another case is no answer: a line may bring the answer to an earlier question."""

from collections.abc import Callable
from typing import Any, cast

import orjson
import pytest

from kit import http
from payments.acquirers.simulator_cases import SimulatorDesk
from payments.bank import Unknown
from payments.cases import Evidence

DISPUTE: dict[str, Any] = {
    "id": "dsp_1",
    "authorization": "att_1",
    "history": ["chargeback"],
    "reason": "fraudulent",
    "network_reason_code": "10.4",
    "amount_minor": 2000,
    "currency": "usd",
    "due_by": 1_900_000_000,
}
REFUND = {"object": "refund", "outcome": "approved", "acquirer_reference": None, "reason": None}

Ask = Callable[[SimulatorDesk], Any]
# What the line brings, the question that it answers, and the same question about something else.
CASES: dict[str, tuple[dict[str, Any], Ask, Ask]] = {
    "a dispute": (DISPUTE, lambda desk: desk.dispute("dsp_1"), lambda desk: desk.dispute("dsp_2")),
    "the disputes of a payment": (
        {"data": [DISPUTE]},
        lambda desk: desk.disputes_of("att_1"),
        lambda desk: desk.disputes_of("att_2"),
    ),
    "a fraud warning": (
        {"id": "fwn_1", "authorization": "att_1", "fraud_type": "misc"},
        lambda desk: desk.fraud_warning("fwn_1"),
        lambda desk: desk.fraud_warning("fwn_2"),
    ),
    "a refund": (
        {"reference": "att_3", **REFUND},
        lambda desk: desk.refund("att_3"),
        lambda desk: desk.refund("att_4"),
    ),
    "evidence": (
        {"reference": "dfl_1", "outcome": "approved", "dispute": DISPUTE},
        lambda desk: desk.move(Evidence("dfl_1", "dsp_1", {"uncategorized_text": "text"})),
        lambda desk: desk.move(Evidence("dfl_2", "dsp_1", {"uncategorized_text": "text"})),
    ),
}


class Line:
    """A line that brings the same answer to every question."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told

    def request(self, *_: Any, **__: Any) -> http.Response:
        return http.Response(200, {}, orjson.dumps(self._told), 0)


@pytest.mark.parametrize("name", CASES)
def test_only_the_answer_to_the_question_counts(name: str) -> None:
    told, right, other = CASES[name]
    desk = SimulatorDesk("http://bank.test", "secret", cast("http.Client", Line(told)))
    assert not isinstance(right(desk), Unknown)
    assert isinstance(other(desk), Unknown)
