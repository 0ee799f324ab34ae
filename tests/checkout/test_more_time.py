"""A page near its end counts down, and its customer may put it off once, to a day from creation at most."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any

import pytest
import time_machine
from flask import Flask

import sweeps
from payments.hosted import expire
from payments.hosted.extend import extend
from tests.support.buyer import Buyer, Seen, Till, look
from tests.support.hosted_page import TYPED

pytestmark = pytest.mark.usefixtures("clock")

NOW = 1_800_000_000
HALF_AN_HOUR = 1800
DAY = 24 * 3600


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until it is moved."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def short(till: Till, **more: Any) -> dict[str, Any]:
    return till.open_session(expires_at=NOW + HALF_AN_HOUR, **more)


def ask(buyer: Buyer, **typed: str) -> Seen:
    """Press the button that asks for more time."""
    form = {"csrf_token": buyer.token, "extend": "yes", **TYPED, **typed}
    return look(buyer.client.post(f"{buyer.path}/extend", data=form, headers=buyer.headers))


def box(seen: Seen) -> dict[str, str] | None:
    return next((given for tag, given in seen.tags if given.get("id") == "countdown"), None)


def now(till: Till, session: dict[str, Any]) -> dict[str, Any]:
    return till.get(f"/v1/checkout/sessions/{session['id']}")


def meanwhile(act: Callable[[], Any]) -> Any:
    """Do something in a thread of its own: a request within a request would share its database session."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(act).result()


def listed_as_due(session: dict[str, Any]) -> expire.Due:
    """What the sweep's list says of the session; other tests' sessions stand in the list, too."""
    last = None
    while listed := expire.due(NOW + HALF_AN_HOUR, after=last):
        found = [due for due in listed if due.id == session["id"]]
        if found:
            return found[0]
        last = listed[-1]
    raise AssertionError(f"{session['id']} is not due")


def test_a_page_far_from_its_end_has_no_countdown(app: Flask, till: Till) -> None:
    seen = Buyer(app, till.open_session()).open()
    assert box(seen) is None
    assert "countdown.js" not in seen.html


def test_the_region_that_is_read_out_is_there_before_it_speaks(app: Flask, till: Till) -> None:
    seen = Buyer(app, short(till)).open()
    there = box(seen)
    assert there is not None
    assert "hidden" in there
    assert there["data-seconds"] == str(HALF_AN_HOUR)
    assert re.search(r'<p class="visually-hidden" id="countdown-said" role="status"></p>', seen.html)
    marks = json.loads(unescape(there["data-marks"]))
    assert {int(seconds) for seconds in marks} == {600, 300, 120, 60}
    assert marks["60"] == "This page is open for 1 more minute."
    assert marks["300"] == "This page is open for 5 more minutes."


def test_without_a_script_the_time_left_is_told_near_the_end(
    app: Flask, till: Till, clock: time_machine.Traveller
) -> None:
    buyer = Buyer(app, short(till))
    clock.move_to(NOW + HALF_AN_HOUR - 400)
    seen = buyer.open()
    assert "hidden" not in (box(seen) or {"hidden": ""})
    assert "This page is open for 7 more minutes." in seen.text


def test_more_time_is_given_once_and_nothing_typed_is_lost(
    app: Flask, till: Till, clock: time_machine.Traveller
) -> None:
    session = short(till)
    buyer = Buyer(app, session)
    buyer.open()
    clock.move_to(NOW + HALF_AN_HOUR - 60)
    given = ask(buyer, billingName="")
    assert given.status == 200
    assert given.values["email"] == TYPED["email"]
    assert given.values["cardNumber"].replace(" ", "") == TYPED["cardNumber"]
    assert given.values["cardCvc"] == ""
    assert 'id="problem"' not in given.html
    assert "This page is open for 31 more minutes." in given.text
    assert 'name="extend"' not in given.html
    assert now(till, session)["expires_at"] == NOW + 2 * HALF_AN_HOUR
    again = ask(buyer)
    assert again.status == 409
    assert "can't be kept open for longer" in again.text
    assert now(till, session)["expires_at"] == NOW + 2 * HALF_AN_HOUR
    clock.move_to(NOW + HALF_AN_HOUR + 60)
    assert buyer.submit().status == 200
    assert now(till, session)["payment_status"] == "paid"


def test_who_asked_stands_in_the_audit_trail(app: Flask, till: Till) -> None:
    session = short(till)
    buyer = Buyer(app, session)
    buyer.open()
    ask(buyer)
    rows = till.get(f"/payment/audit?object={session['id']}")["data"]
    (row,) = [row for row in rows if row["action"] == "checkout.session.extended"]
    assert row["actor"] == "customer"
    assert row["details"] == {"before": NOW + HALF_AN_HOUR, "expires_at": NOW + 2 * HALF_AN_HOUR}


def test_no_session_is_open_for_more_than_a_day(
    app: Flask, till: Till, clock: time_machine.Traveller
) -> None:
    nearly, whole = till.open_session(expires_at=NOW + DAY - 300), till.open_session()
    clock.move_to(NOW + DAY - 900)
    buyer = Buyer(app, nearly)
    buyer.open()
    assert ask(buyer).status == 200
    assert now(till, nearly)["expires_at"] == NOW + DAY
    buyer = Buyer(app, whole)
    assert 'name="extend"' not in buyer.open().html
    assert ask(buyer).status == 409
    assert now(till, whole)["expires_at"] == NOW + DAY


def test_a_form_of_another_page_gives_no_time(app: Flask, till: Till) -> None:
    session = short(till)
    buyer = Buyer(app, session)
    buyer.token = "x"
    assert ask(buyer).status == 400
    assert now(till, session)["expires_at"] == NOW + HALF_AN_HOUR


def test_a_session_that_is_paid_or_over_gets_no_time(
    app: Flask, till: Till, clock: time_machine.Traveller
) -> None:
    paid, over = short(till), short(till)
    buyer = Buyer(app, paid)
    buyer.pay()
    assert "already been paid" in ask(buyer).text
    assert now(till, paid)["expires_at"] == NOW + HALF_AN_HOUR
    buyer = Buyer(app, over)
    buyer.open()
    clock.move_to(NOW + HALF_AN_HOUR + 1)
    assert ask(buyer).status == 410
    assert now(till, over)["expires_at"] == NOW + HALF_AN_HOUR


def test_the_sweep_leaves_a_session_that_was_given_time_since_it_was_listed(
    app: Flask, till: Till, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = short(till)
    buyer = Buyer(app, session)
    buyer.open()
    with app.app_context():
        clock.move_to(NOW + HALF_AN_HOUR)
        listed = listed_as_due(session)
        clock.move_to(NOW + HALF_AN_HOUR - 1)  # another machine's clock is behind
        assert meanwhile(lambda: ask(buyer)).status == 200
        monkeypatch.setattr(expire, "due", lambda _now, after=None: [] if after else [listed])
        assert sweeps.expire_sessions() == 0
    assert now(till, session)["status"] == "open"


def test_of_more_time_and_the_sweep_at_once_one_wins(
    app: Flask, till: Till, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = short(till)
    buyer = Buyer(app, session)
    buyer.open()
    really, asked = expire.expire, []

    def expire_late(found: Any) -> None:
        clock.move_to(NOW + HALF_AN_HOUR - 1)
        asked.append(meanwhile(lambda: ask(buyer)).status)  # between the sweep's reading and its writing
        clock.move_to(NOW + HALF_AN_HOUR)
        really(found)

    monkeypatch.setattr(expire, "expire", expire_late)
    clock.move_to(NOW + HALF_AN_HOUR)
    with app.app_context():
        listed = listed_as_due(session)
        monkeypatch.setattr(expire, "due", lambda _now, after=None: [] if after else [listed])
        ended = sweeps.expire_sessions()
    assert (asked, ended) == ([200], 0)
    assert (now(till, session)["status"], now(till, session)["expires_at"]) == (
        "open",
        NOW + 2 * HALF_AN_HOUR,
    )


def test_a_wish_that_comes_after_the_sweep_is_refused(
    app: Flask, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = short(till)
    buyer = Buyer(app, session)
    buyer.open()

    def extend_late(found: Any) -> None:
        extend(found)
        # Between its reading and its writing.
        meanwhile(lambda: till.post(f"/v1/checkout/sessions/{session['id']}/expire"))

    monkeypatch.setattr("checkout.more_time.extend", extend_late)
    assert ask(buyer).status == 410
    ended = now(till, session)
    assert (ended["status"], ended["expires_at"]) == ("expired", NOW + HALF_AN_HOUR)
