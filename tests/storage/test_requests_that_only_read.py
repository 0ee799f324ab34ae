"""A request that only reads goes past the session; it can change nothing without being told so."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kit import database
from kit.database import db
from kit.reading import only_reading
from payments.charging.payment_intents import PaymentIntent
from payments.errors import NotFound
from payments.scope import Caller, acting_as, system
from tests.support.factories import create_merchant


@pytest.fixture
def who(app: Flask) -> Caller:
    """A merchant of the test's own, in test mode."""
    return system(create_merchant(app)[0].id, livemode=False)


def made(app: Flask, who: Caller) -> str:
    with app.app_context(), acting_as(who):
        intent = PaymentIntent.create({"amount": 2000, "currency": "usd", "metadata": {"order": "7"}})
        database.commit()
        return intent.id


def test_a_row_reads_the_same_either_way(app: Flask, who: Caller) -> None:
    intent_id = made(app, who)
    with app.app_context(), acting_as(who):
        watched = PaymentIntent.find(intent_id).as_stripe()
        db.session.remove()
        with only_reading(db.engine):
            found = PaymentIntent.find(intent_id)
            assert (found.as_stripe(), found is PaymentIntent.find(intent_id)) == (watched, True)
            assert found not in db.session


def test_what_is_changed_there_is_an_error_and_not_lost_without_a_word(app: Flask, who: Caller) -> None:
    intent_id = made(app, who)
    with app.app_context(), acting_as(who):
        said = f"PaymentIntent {intent_id} was changed"
        with pytest.raises(RuntimeError, match=said), only_reading(db.engine):
            PaymentIntent.find(intent_id).amount = 1
        assert PaymentIntent.find(intent_id).amount == 2000


def test_the_connection_comes_back_whatever_happens(app: Flask, who: Caller) -> None:
    intent_id = made(app, who)
    with app.app_context(), acting_as(who):
        before = db.engine.pool.checkedout()  # type: ignore[attr-defined]
        with pytest.raises(NotFound), only_reading(db.engine):
            PaymentIntent.find(PaymentIntent.find(intent_id).id + "x")
        assert db.engine.pool.checkedout() == before  # type: ignore[attr-defined]


def test_a_token_that_is_read_into_being_is_written_all_the_same(app: Flask, client: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {create_merchant(app)[1]}"}
    method = client.get("/v1/payment_methods/pm_card_visa", headers=headers).get_json()
    assert client.get(f"/v1/payment_methods/{method['id']}", headers=headers).get_json() == method
