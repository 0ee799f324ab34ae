"""While an outcome is brought about, a notice may be faster, the shop may change the session, we may die."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from payments.bank import Refused, Unknown
from payments.hosted.outcomes import End
from payments.stand_ins import Act, StandIn, stand_ins
from sweeps import reconciled
from tests.outcomes.conftest import HELPER, complete, in_euros, standing
from tests.support.buyer import Buyer, Till

BANK = "piggy_bank"
Then = Callable[[str], None]


class Interrupted:
    """A stand-in at whose every act something else happens before its caller can record what came of it."""

    def __init__(self, bank: StandIn, then: Then) -> None:
        self.bank, self.then = bank, then
        self.acts: list[Act] = []

    def act(self, reference: str, act: Act) -> Refused | Unknown | None:
        """Act, and let the other one be faster."""
        self.acts.append(act)
        told = self.bank.act(reference, act)
        other = threading.Thread(target=self.then, args=(reference,))
        other.start()
        other.join(20)
        return told


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Then], Interrupted]:
    """Puts a stand-in in the place of the bank's."""

    def put(then: Then) -> Interrupted:
        stand_in = Interrupted(stand_ins[BANK], then)
        monkeypatch.setitem(stand_ins, BANK, stand_in)
        return stand_in

    return put


def look_up(app: Flask) -> Then:
    """What a notice of the bank's leads to."""

    def then(reference: str) -> None:
        with app.app_context():
            reconciled(reference, patiently=False)

    return then


def stands(till: Till, session_id: str) -> tuple[str, str, str | None]:
    return standing(till.get(f"/v1/checkout/sessions/{session_id}?expand[]=payment_intent"))


@pytest.mark.parametrize(
    ("asked", "end"),
    [
        ({"outcome": "challenge_passed"}, End.PAID),
        ({"outcome": "challenge_failed"}, End.REFUSED),
        ({"outcome": "async_payment_succeeded", "payment_method_type": "ideal"}, End.PAID),
        ({"outcome": "async_payment_failed", "payment_method_type": "ideal"}, End.NEVER_CAME),
    ],
)
def test_a_notice_that_is_faster_changes_nothing(
    app: Flask, till: Till, interrupted: Callable[[Then], Interrupted], asked: dict[str, str], end: End
) -> None:
    interrupted(look_up(app))
    session = in_euros(till)
    told = complete(till, session["id"], **asked)
    assert standing(told) == end.value == stands(till, session["id"])
    taken = [charge["amount_captured"] for charge in till.charges_of(session["id"]) if charge["captured"]]
    assert taken == ([4900] if end is End.PAID else [])


def test_a_shop_that_changes_the_session_meanwhile_loses_nothing(
    app: Flask, till: Till, interrupted: Callable[[Then], Interrupted]
) -> None:
    session = in_euros(till)
    path, client = f"/v1/checkout/sessions/{session['id']}", app.test_client()

    def change(_reference: str) -> None:
        _sent(client, path, till.headers, {"metadata[color]": "green"})

    stand_in = interrupted(change)
    assert standing(complete(till, session["id"], "challenge_passed")) == End.PAID.value
    assert set(stand_in.acts) == {"approve"}
    assert till.get(path)["metadata"] == {"color": "green"}
    assert len(till.charges_of(session["id"])) == 1


def test_the_panel_loses_no_race_either(
    app: Flask, till: Till, interrupted: Callable[[Then], Interrupted]
) -> None:
    interrupted(look_up(app))
    session = in_euros(till)
    buyer = Buyer(app, session)
    buyer.open()
    data = {"csrf_token": buyer.token, "outcome": "async_payment_succeeded", "payment_method_type": "ideal"}
    assert buyer.client.post(f"{buyer.path}/outcome", data=data, headers=buyer.headers).status_code == 303
    assert stands(till, session["id"]) == End.PAID.value


def test_who_dies_after_the_act_leaves_the_truth_at_the_bank(
    app: Flask, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank, seen = stand_ins[BANK], []

    class Dying:
        def act(self, reference: str, act: Act) -> Refused | Unknown | None:
            seen.append(reference)
            bank.act(reference, act)
            raise RuntimeError("the power is gone")

    monkeypatch.setitem(stand_ins, BANK, Dying())
    session = in_euros(till)
    answer = till.client.post(
        HELPER.format(session["id"]), data={"outcome": "challenge_passed"}, headers=till.headers
    )
    assert answer.status_code == 500
    assert stands(till, session["id"]) == End.AT_THE_BANK.value
    look_up(app)(seen[0])
    assert stands(till, session["id"]) == End.PAID.value


@pytest.mark.parametrize(("told", "status"), [(Unknown("silence"), 500), (Refused("no"), 400)])
def test_a_bank_that_does_not_act_leaves_the_customer_there(
    till: Till, monkeypatch: pytest.MonkeyPatch, told: Refused | Unknown, status: int
) -> None:
    class Unwilling:
        def act(self, _reference: str, _act: Act) -> Refused | Unknown | None:
            return told

    monkeypatch.setitem(stand_ins, BANK, Unwilling())
    session = in_euros(till)
    asked = {"outcome": "challenge_passed"}
    answer = till.client.post(HELPER.format(session["id"]), data=asked, headers=till.headers)
    assert answer.status_code == status
    assert stands(till, session["id"]) == End.AT_THE_BANK.value


def test_an_acquirer_without_a_stand_in_refuses_by_name(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(stand_ins, BANK)
    session = in_euros(till)
    asked = {"outcome": "challenge_passed"}
    answer = till.client.post(HELPER.format(session["id"]), data=asked, headers=till.headers)
    assert (answer.status_code, BANK in answer.text) == (400, True)
    assert stands(till, session["id"]) == End.AT_THE_BANK.value
    assert standing(complete(till, session["id"], "succeeded")) == End.PAID.value  # no page, no stand-in


def test_two_who_ask_at_once_charge_once(app: Flask, till: Till) -> None:
    session = in_euros(till)
    clients = [app.test_client() for _ in range(4)]
    path = HELPER.format(session["id"])
    threads = [
        threading.Thread(target=_sent, args=(client, path, till.headers, {"outcome": "succeeded"}))
        for client in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    paid = [charge for charge in till.charges_of(session["id"]) if charge["status"] == "succeeded"]
    assert len(paid) == 1
    assert stands(till, session["id"]) == End.PAID.value


def _sent(client: FlaskClient, path: str, headers: dict[str, str], data: dict[str, Any]) -> None:
    client.post(path, data=data, headers=headers)
