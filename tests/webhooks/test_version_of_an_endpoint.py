"""An endpoint with an API version of its own gets events as that version had them."""

from typing import Any

import orjson
import pytest
import stripe
from flask import Flask

from kit.database import db
from merchant_api import versions
from payments.events import Event
from payments.scope import Caller, acting_as
from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client
from tests.webhooks.conftest import Sink
from webhooks import jobs, rendering

OLD = "2025-02-24.acacia"


@pytest.fixture
def event(app: Flask) -> Any:
    merchant, key = create_merchant(app)
    shop = stripe_client(app, key)
    price: Any = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Rose"}}
    session = shop.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "success_url": "https://example.com/",
        }
    )
    shop.v1.checkout.sessions.expire(session.id)
    (told,) = shop.v1.events.list({"type": "checkout.session.expired"}).data
    with app.app_context(), acting_as(Caller(account_id=merchant.id, livemode=False, actor="key_test")):
        yield Event.find(told.id)
        db.session.rollback()


def test_its_events_are_as_that_version_had_them(event: Event) -> None:
    assert rendering.bridges == [versions.downgrade]
    pinned, old = (orjson.loads(rendering.body(event, version)) for version in (None, OLD))
    assert (pinned["api_version"], old["api_version"]) == (stripe.api_version, OLD)
    new_session, old_session = pinned["data"]["object"], old["data"]["object"]
    assert new_session["ui_mode"] == "hosted_page"
    assert old_session["ui_mode"] == "hosted"
    assert "shipping_details" in old_session
    assert "shipping_details" not in new_session
    assert rendering.body(event, stripe.api_version) == rendering.body(event, None)


def test_any_version_that_stripe_had_may_be_named_and_no_other(app: Flask) -> None:
    shop = stripe_client(app, create_merchant(app)[1])
    given: Any = {"url": "https://shop.test/", "enabled_events": ["*"], "api_version": OLD}
    assert shop.v1.webhook_endpoints.create(given).api_version == OLD
    given["api_version"] = "2025-02-30"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.v1.webhook_endpoints.create(given)
    assert refused.value.param == "api_version"


def test_what_an_older_version_shows_is_looked_up_by_a_courier_too(app: Flask, sink: Sink) -> None:
    """A courier acts for nobody; the coupon that the old version shows belongs to the event's account."""
    shop = stripe_client(app, create_merchant(app)[1])
    endpoint: Any = {"url": sink.url, "enabled_events": ["promotion_code.created"], "api_version": OLD}
    shop.v1.webhook_endpoints.create(endpoint)
    coupon = shop.v1.coupons.create({"percent_off": 10, "duration": "once"})
    shop.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}})
    with app.app_context():
        jobs.drain()
    (received,) = sink.wait_for(1)
    assert orjson.loads(received.body)["data"]["object"]["coupon"]["percent_off"] == 10


def test_an_event_that_cannot_be_told_in_a_version_holds_up_no_other(
    app: Flask, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_tree: Any, _version: str) -> Any:
        raise LookupError("no way down")

    monkeypatch.setattr(rendering, "bridges", [broken])
    shop = stripe_client(app, create_merchant(app)[1])
    for path, version in (("/old", {"api_version": OLD}), ("/new", {})):
        given: Any = {"url": sink.url + path, "enabled_events": ["customer.created"], **version}
        shop.v1.webhook_endpoints.create(given)
    shop.v1.customers.create({"name": "Rosie"})
    with app.app_context():
        jobs.drain()
    assert "/new" in [one.path for one in sink.wait_for(1)]
