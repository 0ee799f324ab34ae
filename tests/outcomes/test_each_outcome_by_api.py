"""Each outcome of the table is come to by API: the session, its payment, its events and its money agree."""

from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select

from kit.database import db
from payments.charging.attempts import Attempt
from payments.hosted.outcomes import BY_NAME, CONCLUSIONS, End, Outcome
from sweeps import reconciled
from tests.outcomes.conftest import HELPER, NAMED, WAYS, complete, error_of, in_euros, line, standing
from tests.support.buyer import Buyer, Till, flat
from tests.support.factories import create_merchant

BY_REDIRECT = [
    "succeeded", "refused", "canceled", "timed_out", "async_payment_succeeded", "async_payment_failed",
]  # fmt: skip
CHARGED = {End.PAID: "succeeded", End.ON_ITS_WAY: "pending", End.NEVER_CAME: "failed"}
TOLD = {
    End.PAID: ["checkout.session.completed"],
    End.ON_ITS_WAY: ["checkout.session.completed"],
    End.NEVER_CAME: ["checkout.session.completed", "checkout.session.async_payment_failed"],
    End.EXPIRED: ["checkout.session.expired"],
}


def events_of(till: Till, session_id: str) -> list[str]:
    """The types of a session's own events, oldest first."""
    events = till.get("/v1/events?limit=100")["data"]
    return [each["type"] for each in events if each["data"]["object"].get("id") == session_id][::-1]


def refused(till: Till, session_id: str, **given: Any) -> dict[str, Any]:
    """Ask for an outcome that can't be had; returns the error."""
    response = till.client.post(HELPER.format(session_id), data=dict(flat(given)), headers=till.headers)
    assert response.status_code == 400, response.text
    error: dict[str, Any] = response.get_json()["error"]
    return error


@pytest.mark.parametrize(("outcome", "method"), WAYS, ids=NAMED)
def test_a_session_comes_to_the_outcome(till: Till, outcome: Outcome, method: str | None) -> None:
    session = in_euros(till)
    told = complete(till, session["id"], outcome.name, **({"payment_method_type": method} if method else {}))
    assert standing(told) == outcome.end.value
    if outcome.error:
        assert error_of(told) == outcome.error
    assert (error_of(told) is not None) == (outcome.end in {End.REFUSED, End.NEVER_CAME})
    charges = till.charges_of(session["id"])
    assert [charge["status"] for charge in charges] == ([CHARGED[outcome.end]] if outcome.end in CHARGED else
        ["failed"] if charges else [])  # fmt: skip
    expected = TOLD.get(outcome.end, [])
    if outcome.name == "async_payment_succeeded":
        expected = ["checkout.session.completed", "checkout.session.async_payment_succeeded"]
    assert events_of(till, session["id"]) == expected
    if outcome.end is End.PAID:
        assert [charge["amount_captured"] for charge in charges] == [4900]


@pytest.mark.parametrize("method", ["upi", "x_netbanking", "amazon_pay", "klarna"])
@pytest.mark.parametrize(
    "name",
    ["succeeded", "refused", "canceled", "timed_out", "async_payment_succeeded", "async_payment_failed"],
)
def test_each_method_comes_to_its_outcomes(till: Till, method: str, name: str) -> None:
    currency = "inr" if method in {"upi", "x_netbanking"} else "eur"
    session = till.open_session(line_items=line(49900, currency))
    told = complete(till, session["id"], name, payment_method_type=method)
    assert standing(told) == BY_NAME[name].end.value


@pytest.mark.parametrize(
    ("name", "ends"),
    [("answer_lost", (*End.PAID.value, None)), ("request_lost", (*End.REFUSED.value, "processing_error"))],
)
def test_a_lost_answer_is_looked_up_later(
    app: Flask, till: Till, name: str, ends: tuple[str | None, ...]
) -> None:
    session = in_euros(till)
    asked = complete(till, session["id"], name)
    with app.app_context():
        open_attempt = select(Attempt.id).where(Attempt.intent_id == asked["payment_intent"]["id"])
        assert reconciled(db.session.scalars(open_attempt).one(), patiently=False)
    told = till.get(f"/v1/checkout/sessions/{session['id']}?expand[]=payment_intent")
    assert (*standing(told), error_of(told)) == ends


def test_money_that_a_customer_left_to_come_can_be_made_to_come(till: Till) -> None:
    session = in_euros(till)
    assert standing(complete(till, session["id"], "async_payment_pending")) == End.ON_ITS_WAY.value
    assert standing(complete(till, session["id"], "async_payment_succeeded")) == End.PAID.value


def test_money_that_a_customer_left_to_come_can_be_made_to_stay_away(till: Till) -> None:
    session = in_euros(till)
    complete(till, session["id"], "async_payment_pending", payment_method_type="ideal")
    error = refused(till, session["id"], outcome="insufficient_funds")
    assert error["code"] == "parameter_invalid_outcome"
    assert all(name in error["message"] for name in CONCLUSIONS)
    assert standing(complete(till, session["id"], "async_payment_failed")) == End.NEVER_CAME.value


def test_after_a_decline_the_same_session_can_be_paid(till: Till) -> None:
    session = in_euros(till)
    complete(till, session["id"], "lost_card")
    complete(till, session["id"], "challenge_abandoned")
    assert standing(complete(till, session["id"], "succeeded")) == End.PAID.value
    statuses = [charge["status"] for charge in till.charges_of(session["id"])]
    assert sorted(statuses) == ["failed", "succeeded"]


def test_the_customer_is_made_up_as_far_as_nobody_names_one(till: Till) -> None:
    session = in_euros(till, customer_email="asha@example.com")
    assert complete(till, session["id"], "succeeded")["customer_details"]["email"] == "asha@example.com"
    given = {"email": "ravi@example.com", "name": "Ravi Rao"}
    told = complete(till, in_euros(till)["id"], "succeeded", customer_details=given)
    assert {name: told["customer_details"][name] for name in given} == given


def test_an_order_that_is_delivered_gets_an_address_where_the_shop_delivers(till: Till) -> None:
    wanted = {"allowed_countries": ["DE", "AT"]}
    told = complete(till, in_euros(till, shipping_address_collection=wanted)["id"], "succeeded")
    assert told["collected_information"]["shipping_details"]["address"]["country"] == "DE"


def test_a_made_up_customer_answers_all_that_is_asked(till: Till) -> None:
    dropdown = {"options": [{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}]}
    rules = {"dropdown": dropdown, "text": {"minimum_length": 30}, "numeric": None}
    fields = [
        {"key": key, "type": kind, "label": {"type": "custom", "custom": key}}
        | ({kind: rules[kind]} if rules[kind] else {})
        for key, kind in (("size", "dropdown"), ("note", "text"), ("age", "numeric"))
    ]
    session = in_euros(till, custom_fields=fields, phone_number_collection={"enabled": True})
    told = complete(till, session["id"], "challenge_passed")
    answers = {field["key"]: field[field["type"]]["value"] for field in told["custom_fields"]}
    assert (answers["size"], len(answers["note"]), answers["age"]) == ("s", 30, "1")
    assert told["customer_details"]["phone"].startswith("+1")


@pytest.mark.parametrize("name", ["succeeded", "generic_decline", "challenge_passed", "expired"])
def test_a_session_that_keeps_a_card_comes_to_outcomes_too(till: Till, name: str) -> None:
    session = till.open_session(mode="setup", currency="usd", line_items=None)
    told = till.post(HELPER.format(session["id"]), {"outcome": name})
    assert told["status"] == BY_NAME[name].end.value[0]
    error = refused(till, session["id"], outcome="fraudulent")
    assert (error["code"], error["param"]) == ("parameter_invalid_outcome", "outcome")


def test_an_order_that_costs_nothing_succeeds_without_a_card(till: Till) -> None:
    coupon = till.post("/v1/coupons", {"percent_off": 100, "duration": "once"})
    session = in_euros(till, discounts=[{"coupon": coupon["id"]}])
    assert "one of succeeded, expired" in refused(till, session["id"], outcome="lost_card")["message"]
    told = complete(till, session["id"], "succeeded")
    assert (told["status"], told["payment_status"]) == ("complete", "no_payment_required")


def test_an_unknown_outcome_is_refused_by_a_list_of_all(till: Till) -> None:
    error = refused(till, in_euros(till)["id"], outcome="success")
    assert (error["type"], error["code"], error["param"]) == (
        "invalid_request_error",
        "parameter_invalid_outcome",
        "outcome",
    )
    assert all(name in error["message"] for name in BY_NAME)


def test_an_outcome_is_refused_where_no_method_leads_to_it(till: Till) -> None:
    session = in_euros(till, allowed_payment_method_types=["card"])
    error = refused(till, session["id"], outcome="async_payment_succeeded")
    assert (error["code"], error["param"]) == ("parameter_invalid_outcome", "outcome")
    assert "succeeded" in error["message"]
    assert "async" not in error["message"].partition("must be")[2]
    error = refused(till, in_euros(till)["id"], outcome="lost_card", payment_method_type="ideal")
    assert (error["code"], error["param"]) == (
        "parameter_invalid_payment_method_type",
        "payment_method_type",
    )
    assert "must be one of card" in error["message"]
    assert till.charges_of(session["id"]) == []


def test_a_session_that_is_over_has_no_outcome_left(till: Till) -> None:
    session = in_euros(till)
    complete(till, session["id"], "succeeded")
    for name in ("succeeded", "expired", "generic_decline"):
        refused(till, session["id"], outcome=name)
    assert len(till.charges_of(session["id"])) == 1


def test_live_mode_refuses_in_the_words_of_stripe(app: Flask) -> None:
    _, secret_key = create_merchant(app, livemode=True)
    live = Till(app, secret_key)
    session = in_euros(live)
    error = refused(live, session["id"], outcome="succeeded")
    assert error["type"] == "invalid_request_error"
    assert "only available in testmode" in error["message"]
    assert live.get(f"/v1/checkout/sessions/{session['id']}")["status"] == "open"


def test_a_merchant_cannot_complete_the_session_of_another(app: Flask, till: Till) -> None:
    _, secret_key = create_merchant(app)
    other = Till(app, secret_key)
    path = HELPER.format(in_euros(till)["id"])
    response = other.client.post(path, data={"outcome": "succeeded"}, headers=other.headers)
    assert response.status_code == 404


def test_the_same_key_pays_once_and_is_answered_alike(till: Till) -> None:
    session = in_euros(till)
    headers = till.headers | {"Idempotency-Key": f"key_{session['id']}"}
    path = HELPER.format(session["id"])
    answers = [
        till.client.post(path, data={"outcome": "challenge_passed"}, headers=headers) for _ in range(2)
    ]
    assert answers[0].data == answers[1].data
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert len(till.charges_of(session["id"])) == 1


def test_a_browser_that_is_at_the_bank_finds_the_session_paid(app: Flask, till: Till) -> None:
    session = in_euros(till)
    seen = Buyer(app, session).pay(cardNumber="4000002760003184")
    complete(till, session["id"], "succeeded")
    page = requests.get(seen.links["challenge"], timeout=20).text
    assert 'data-state="withdrawn"' in page


def test_the_openapi_document_lists_every_outcome(app: Flask) -> None:
    document = app.test_client().get("/openapi.json").get_json()
    described = document["paths"]["/v1/test_helpers/checkout/sessions/{id}/complete"]["post"]
    (body,) = described["requestBody"]["content"].values()
    assert body["schema"]["properties"]["outcome"]["enum"] == list(BY_NAME)
