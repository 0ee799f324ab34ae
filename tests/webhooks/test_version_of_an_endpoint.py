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
from webhooks import rendering

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
