"""Disputes at the bank: opened soon after the capture, answered with evidence, decided, and journaled."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from bank_simulator import disputes, futures
from bank_simulator.tables import journal
from tests.bank.support import Caller, answer_of, assert_the_books_agree, bearer

pytestmark = pytest.mark.slow

FRAUD, PRODUCT, INQUIRY = "4000000000000259", "4000000000002685", "4000000000001976"
TWICE, WARNING = "4000000404000079", "4000000000005423"
DAY = 86_400
LIMIT = 1_000_000_000_000


def advance(bank: Caller, seconds: int) -> None:
    assert bank.post("/v1/clock", {"advance_seconds": seconds}).status_code == 200


def told(bank: Caller, kind: str) -> list[str]:
    """The subjects of all notices of a kind, each once, in order."""
    page = answer_of(bank.get("/v1/notices?limit=500"))
    return list(dict.fromkeys(notice["subject"] for notice in page["data"] if notice["kind"] == kind))


def disputed(bank: Caller, number: str = FRAUD, amount_minor: int = 2000) -> dict[str, Any]:
    """A captured payment with the dispute that it got."""
    bank.authorize("pay_1", number, amount_minor=amount_minor)
    advance(bank, futures.SOON_SECONDS)
    return show(bank, told(bank, "dispute.updated")[-1])


def show(bank: Caller, dispute_id: str) -> dict[str, Any]:
    response = bank.get(f"/v1/disputes/{dispute_id}")
    assert response.status_code == 200, response.text
    return answer_of(response)


def submit(bank: Caller, dispute_id: str, text: str, reference: str = "ev_1") -> dict[str, Any]:
    body = {"reference": reference, "evidence": {"uncategorized_text": text, "customer_name": "Jenny"}}
    response = bank.post(f"/v1/disputes/{dispute_id}/evidence", body)
    assert response.status_code == 200, response.text
    return answer_of(response)


def entries(bank: Caller) -> list[tuple[str, str, int]]:
    """What the journal has, without the authorisation itself."""
    query = select(journal.c.kind, journal.c.outcome, journal.c.amount_minor).order_by(journal.c.seq)
    rows = bank.storage.read(lambda tx: tx.execute(query).all())
    return [(row.kind, row.outcome, row.amount_minor) for row in rows][1:]


@pytest.mark.parametrize(
    ("number", "status", "reason", "code"),
    [
        (FRAUD, "chargeback", "fraudulent", "10.4"),
        (PRODUCT, "chargeback", "product_not_received", "13.1"),
        (INQUIRY, "inquiry", "general", "10"),
    ],
)
def test_a_payment_is_disputed_soon_after_its_capture(
    either_bank: Caller, number: str, status: str, reason: str, code: str
) -> None:
    dispute = disputed(either_bank, number)
    assert dispute["authorization"] == "pay_1"
    assert (dispute["status"], dispute["history"]) == (status, [status])
    assert (dispute["reason"], dispute["network_reason_code"]) == (reason, code)
    assert (dispute["amount_minor"], dispute["currency"]) == (2000, "usd")
    assert (dispute["due_by"] + 1) % DAY == 0
    assert 8 * DAY <= dispute["due_by"] - dispute["created"] < 9 * DAY
    assert_the_books_agree(either_bank.storage, LIMIT)


def test_nothing_is_disputed_before_it_is_captured(bank: Caller) -> None:
    bank.authorize("pay_1", FRAUD, capture=False)
    advance(bank, DAY)
    assert told(bank, "dispute.updated") == []
    bank.capture("pay_1", "cap_1", 1500)
    advance(bank, futures.SOON_SECONDS)
    (dispute_id,) = told(bank, "dispute.updated")
    assert show(bank, dispute_id)["amount_minor"] == 1500


def test_a_chargeback_takes_the_money_at_once_and_gives_it_to_the_holder(either_bank: Caller) -> None:
    disputed(either_bank)
    assert either_bank.account() == (LIMIT, 0)
    assert entries(either_bank) == [("dispute", "chargeback", 2000), ("chargeback", "approved", 2000)]


@pytest.mark.parametrize(("text", "end"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_evidence_is_decided_soon(either_bank: Caller, text: str, end: str) -> None:
    dispute = disputed(either_bank)
    answer = submit(either_bank, dispute["id"], text)
    assert (answer["outcome"], answer["dispute"]["status"]) == ("approved", "review")
    advance(either_bank, disputes.DECISION_SECONDS)
    assert show(either_bank, dispute["id"])["history"] == ["chargeback", "review", end]
    assert either_bank.account() == (LIMIT - 2000 if end == "won" else LIMIT, 0)
    assert_the_books_agree(either_bank.storage, LIMIT)


def test_a_won_dispute_is_reinstated_in_the_journal(bank: Caller) -> None:
    dispute = disputed(bank)
    submit(bank, dispute["id"], "winning_evidence")
    advance(bank, disputes.DECISION_SECONDS)
    assert entries(bank)[2:] == [
        ("evidence", "approved", 0),
        ("chargeback_reversal", "approved", 2000),
        ("decision", "won", 0),
    ]


def test_other_evidence_stays_under_review_until_the_issuer_decides_for_its_holder(bank: Caller) -> None:
    dispute = disputed(bank)
    submit(bank, dispute["id"], "The parcel was signed for.")
    advance(bank, 60 * DAY)
    assert show(bank, dispute["id"])["status"] == "review"
    advance(bank, 20 * DAY)
    assert show(bank, dispute["id"])["status"] == "lost"


def test_better_evidence_may_follow_while_it_is_under_review(bank: Caller) -> None:
    dispute = disputed(bank)
    submit(bank, dispute["id"], "The parcel was signed for.")
    submit(bank, dispute["id"], "winning_evidence", "ev_2")
    advance(bank, disputes.DECISION_SECONDS)
    assert show(bank, dispute["id"])["history"] == ["chargeback", "review", "won"]


def test_no_answer_until_the_deadline_loses(either_bank: Caller) -> None:
    dispute = disputed(either_bank)
    advance(either_bank, 8 * DAY - 10)
    assert show(either_bank, dispute["id"])["status"] == "chargeback"
    advance(either_bank, DAY)
    assert show(either_bank, dispute["id"])["history"] == ["chargeback", "lost"]
    late = submit(either_bank, dispute["id"], "winning_evidence")
    assert (late["outcome"], late["reason"]) == ("declined", "already_decided")


def test_a_dispute_that_is_accepted_is_lost(either_bank: Caller) -> None:
    dispute = disputed(either_bank)
    answer = answer_of(either_bank.post(f"/v1/disputes/{dispute['id']}/close", {"reference": "close_1"}))
    assert (answer["outcome"], answer["dispute"]["status"]) == ("approved", "lost")
    assert show(either_bank, dispute["id"])["history"] == ["chargeback", "lost"]
    again = answer_of(either_bank.post(f"/v1/disputes/{dispute['id']}/close", {"reference": "close_2"}))
    assert (again["outcome"], again["reason"]) == ("declined", "already_decided")


def test_an_inquiry_takes_no_money_and_is_closed_by_evidence(either_bank: Caller) -> None:
    dispute = disputed(either_bank, INQUIRY)
    assert either_bank.account() == (LIMIT - 2000, 0)
    submit(either_bank, dispute["id"], "winning_evidence")
    advance(either_bank, disputes.DECISION_SECONDS)
    assert show(either_bank, dispute["id"])["history"] == ["inquiry", "inquiry_review", "closed"]
    assert either_bank.account() == (LIMIT - 2000, 0)


def test_an_inquiry_that_escalates_becomes_a_chargeback_with_a_deadline_of_its_own(
    either_bank: Caller,
) -> None:
    dispute = disputed(either_bank, INQUIRY)
    submit(either_bank, dispute["id"], "escalate_inquiry_evidence")
    advance(either_bank, 5 * DAY)
    escalated = show(either_bank, dispute["id"])
    assert escalated["history"] == ["inquiry", "inquiry_review", "chargeback"]
    assert escalated["due_by"] > dispute["due_by"]
    assert either_bank.account() == (LIMIT, 0)
    advance(either_bank, 4 * DAY)
    assert show(either_bank, dispute["id"])["status"] == "chargeback"
    advance(either_bank, 10 * DAY)
    assert show(either_bank, dispute["id"])["status"] == "lost"
    assert_the_books_agree(either_bank.storage, LIMIT)


def test_an_inquiry_that_nobody_answers_is_closed(bank: Caller) -> None:
    dispute = disputed(bank, INQUIRY)
    advance(bank, 10 * DAY)
    assert show(bank, dispute["id"])["history"] == ["inquiry", "closed"]


def test_an_answered_inquiry_that_comes_to_nothing_is_closed_in_the_end(bank: Caller) -> None:
    dispute = disputed(bank, INQUIRY)
    submit(bank, dispute["id"], "We have refunded the postage.")
    advance(bank, 119 * DAY)
    assert show(bank, dispute["id"])["status"] == "inquiry_review"
    advance(bank, 2 * DAY)
    assert show(bank, dispute["id"])["status"] == "closed"


def test_what_was_refunded_before_is_not_disputed(either_bank: Caller) -> None:
    either_bank.authorize("pay_1", FRAUD)
    either_bank.refund("pay_1", "ref_1", 500)
    advance(either_bank, futures.SOON_SECONDS)
    (dispute_id,) = told(either_bank, "dispute.updated")
    assert show(either_bank, dispute_id)["amount_minor"] == 1500
    refused = either_bank.refund("pay_1", "ref_2", 1)
    assert (refused["outcome"], refused["reason"]) == ("declined", "charged_back")
    assert_the_books_agree(either_bank.storage, LIMIT)


def test_what_was_refunded_altogether_is_not_disputed_at_all(bank: Caller) -> None:
    bank.authorize("pay_1", FRAUD)
    bank.refund("pay_1", "ref_1", 2000)
    advance(bank, DAY)
    assert told(bank, "dispute.updated") == []


@pytest.mark.parametrize(("refunded_minor", "status"), [(500, "chargeback"), (2000, "closed")])
def test_an_inquiry_escalates_over_no_more_than_is_left(
    bank: Caller, refunded_minor: int, status: str
) -> None:
    dispute = disputed(bank, INQUIRY)
    assert bank.refund("pay_1", "ref_1", refunded_minor)["outcome"] == "approved"
    submit(bank, dispute["id"], "escalate_inquiry_evidence")
    advance(bank, disputes.DECISION_SECONDS)
    escalated = show(bank, dispute["id"])
    assert escalated["status"] == status
    assert escalated["amount_minor"] == (1500 if status == "chargeback" else 2000)
    assert bank.account() == (LIMIT, 0)
    assert_the_books_agree(bank.storage, LIMIT)


def test_a_won_dispute_may_be_refunded(bank: Caller) -> None:
    dispute = disputed(bank)
    assert bank.refund("pay_1", "ref_1", 100)["reason"] == "charged_back"
    submit(bank, dispute["id"], "winning_evidence")
    advance(bank, disputes.DECISION_SECONDS)
    assert bank.refund("pay_1", "ref_2", 2000)["outcome"] == "approved"
    assert_the_books_agree(bank.storage, LIMIT)


def test_a_payment_may_be_disputed_twice_and_never_for_more_than_it_was(either_bank: Caller) -> None:
    either_bank.authorize("pay_1", TWICE, amount_minor=2001)
    advance(either_bank, futures.SOON_SECONDS)
    amounts = [show(either_bank, one)["amount_minor"] for one in told(either_bank, "dispute.updated")]
    assert sorted(amounts) == [1000, 1001]
    assert either_bank.account() == (LIMIT, 0)
    assert_the_books_agree(either_bank.storage, LIMIT)


def test_a_fraud_warning_comes_with_a_notice_and_no_money(either_bank: Caller) -> None:
    either_bank.authorize("pay_1", WARNING)
    advance(either_bank, futures.SOON_SECONDS)
    (warning_id,) = told(either_bank, "fraud_warning.created")
    warning = answer_of(either_bank.get(f"/v1/fraud_warnings/{warning_id}"))
    assert (warning["authorization"], warning["fraud_type"]) == ("pay_1", "misc")
    assert told(either_bank, "dispute.updated") == []
    assert either_bank.account() == (LIMIT - 2000, 0)


def test_evidence_is_taken_once_under_its_reference(either_bank: Caller) -> None:
    dispute = disputed(either_bank)
    first = submit(either_bank, dispute["id"], "winning_evidence")
    advance(either_bank, disputes.DECISION_SECONDS)
    assert submit(either_bank, dispute["id"], "winning_evidence") == first
    body = {"reference": "ev_1", "evidence": {"uncategorized_text": "losing_evidence"}}
    assert either_bank.post(f"/v1/disputes/{dispute['id']}/evidence", body).status_code == 409


@pytest.mark.parametrize(
    "body",
    [{}, {"reference": "e"}, {"reference": "e", "evidence": []}, {"reference": "e", "evidence": {"A": "x"}},
     {"reference": "e", "evidence": {"a": 1}}, {"reference": "e", "evidence": {}, "more": 1},
     {"reference": "e", "evidence": {"a": "\ud800"}}],
)  # fmt: skip
def test_what_is_no_evidence_is_refused(shared_bank: Caller, body: dict[str, Any]) -> None:
    text = json.dumps(body)  # half a surrogate pair can be spelled in JSON
    response = shared_bank.client().post("/v1/disputes/dsp_x/evidence", data=text, headers=bearer())
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/disputes/dsp_x"),
        ("GET", "/v1/fraud_warnings/fwn_x"),
        ("POST", "/v1/disputes/dsp_x/close"),
    ],
)
def test_what_the_bank_does_not_have_is_not_found(shared_bank: Caller, method: str, path: str) -> None:
    response = shared_bank.get(path) if method == "GET" else shared_bank.post(path, {"reference": "x"})
    assert response.status_code == 404


def test_all_notices_can_be_read_again(bank: Caller) -> None:
    disputed(bank)
    disputed_id = told(bank, "dispute.updated")[0]
    submit(bank, disputed_id, "winning_evidence")
    advance(bank, disputes.DECISION_SECONDS)
    first = answer_of(bank.get("/v1/notices?after=0&limit=1"))
    assert first["has_more"]
    rest = answer_of(bank.get(f"/v1/notices?after={first['data'][0]['seq']}"))
    assert [notice["subject"] for notice in rest["data"]] == [disputed_id] * 2
    assert not rest["has_more"]
