"""The testers' panel: each outcome at a click, in test mode only, and no harm to the page around it."""

import re

import pytest
from flask import Flask

from payments.hosted.outcomes import BY_NAME, CONCLUSIONS, End, Outcome
from tests.outcomes.conftest import NAMED, WAYS, complete, error_of, in_euros, standing
from tests.support.buyer import Buyer, Seen, Till, look
from tests.support.factories import create_merchant

SHOWN = {
    End.PAID: "Payment received",
    End.REFUSED: "No money has been taken.",
    End.AT_THE_BANK: "Your bank still waits for your confirmation",
    End.NOT_KNOWN: "Waiting for your bank",
    End.ON_ITS_WAY: "Payment on its way",
    End.EXPIRED: "This payment page has expired",
}
BUTTON = re.compile(r'<button name="outcome" value="([a-z_0-9]+)"')


def offered(seen: Seen) -> list[str]:
    """The outcomes that a page's panel has a button for."""
    return BUTTON.findall(seen.html)


def press(buyer: Buyer, outcome: str, method: str = "") -> Seen:
    """Press a button of the panel; returns the page that the browser is sent on to."""
    data = {"csrf_token": buyer.token, "outcome": outcome, "payment_method_type": method}
    answer = buyer.client.post(f"{buyer.path}/outcome", data=data, headers=buyer.headers)
    if answer.status_code != 303:
        return look(answer)
    assert answer.headers["Location"] == f"{buyer.path}?waiting="
    return buyer.open("?waiting=")


@pytest.mark.parametrize(("outcome", "method"), WAYS, ids=NAMED)
def test_a_click_brings_the_outcome_about(
    app: Flask, till: Till, outcome: Outcome, method: str | None
) -> None:
    session = in_euros(till)
    buyer = Buyer(app, session)
    assert outcome.name in offered(buyer.open())
    seen = press(buyer, outcome.name, method or "")
    if outcome.end in SHOWN:
        assert SHOWN[outcome.end] in seen.text
    told = till.get(f"/v1/checkout/sessions/{session['id']}?expand[]=payment_intent")
    assert standing(told) == outcome.end.value
    assert outcome.error in {None, error_of(told)}


def test_the_panel_offers_all_that_the_session_can_come_to_and_no_more(app: Flask, till: Till) -> None:
    session = in_euros(till)
    assert offered(Buyer(app, session).open()) == list(BY_NAME)
    card = Buyer(app, in_euros(till, allowed_payment_method_types=["card"])).open()
    by_card = [name for name, outcome in BY_NAME.items() if "card" in outcome.ways or name == "expired"]
    assert offered(card) == by_card
    assert "panel-method" not in card.html
    complete(till, session["id"], "async_payment_pending")
    assert offered(Buyer(app, session).open()) == list(CONCLUSIONS)
    complete(till, session["id"], "async_payment_succeeded")
    assert offered(Buyer(app, session).open()) == []


def test_a_page_of_live_mode_has_no_trace_of_a_panel_and_takes_no_outcome(app: Flask) -> None:
    _, secret_key = create_merchant(app, livemode=True)
    live = Till(app, secret_key)
    buyer = Buyer(app, in_euros(live))
    seen = buyer.open()
    assert seen.takes_a_card
    assert not re.search(r"[Tt]ester|outcome|testing\.css|test_helpers|4242|class=\"panel", seen.html)
    assert press(buyer, "succeeded").status == 404
    assert live.get(f"/v1/checkout/sessions/{buyer.session['id']}")["status"] == "open"


def test_a_click_from_another_site_is_no_click(app: Flask, till: Till) -> None:
    buyer = Buyer(app, in_euros(till))
    buyer.open()
    buyer.token = "made up"
    assert press(buyer, "succeeded").status == 400
    assert till.get(f"/v1/checkout/sessions/{buyer.session['id']}")["status"] == "open"


@pytest.mark.parametrize("name", ["lost_card", "no_such_outcome"])
def test_an_outcome_that_cannot_be_had_is_said_so_on_the_page(app: Flask, till: Till, name: str) -> None:
    buyer = Buyer(app, in_euros(till))
    buyer.open()
    seen = press(buyer, name, "ideal")
    assert seen.status == 409
    assert "This outcome was not come to." in seen.text
    assert seen.takes_a_card


def test_a_suite_that_looks_for_the_submit_button_finds_the_pages_own(app: Flask, till: Till) -> None:
    seen = Buyer(app, in_euros(till)).open()
    submits = [given for tag, given in seen.tags if tag == "button" and given.get("type") == "submit"]
    assert [given["id"] for given in submits] == ["submit"]
    assert next(given for tag, given in seen.tags if given.get("id") == "testers-panel").get("open") is None
    ids = [given["id"] for _, given in seen.tags if "id" in given]
    assert len(ids) == len(set(ids))
