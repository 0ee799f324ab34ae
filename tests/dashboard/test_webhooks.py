"""Webhook endpoints: added, switched, their secret shown and rolled, their events sent again."""

import pytest
from sqlalchemy import select, update

from kit import clock
from kit.database import db
from tests.support.desk import Desk, Shop, Sight
from webhooks import delinquency, jobs
from webhooks.outbox import Claim, Delivery
from webhooks.webhook_endpoints import WebhookEndpoint

URL = "https://shop.example/webhooks"


def add(desk: Desk, **typed: str) -> Sight:
    return desk.press(
        desk.open("/dashboard/webhooks"), "/dashboard/webhooks", **{"url": URL, "events": "*"} | typed
    )


def test_an_added_endpoint_is_the_apis_as_well(shop: Shop, desk: Desk) -> None:
    seen = desk.follow(add(desk, events="charge.succeeded\ncharge.refunded", description="Till"))
    assert "The endpoint was added." in seen.text
    (endpoint,) = shop.till.get("/v1/webhook_endpoints")["data"]
    assert endpoint["url"] == URL
    assert endpoint["enabled_events"] == ["charge.succeeded", "charge.refunded"]
    assert endpoint["description"] == "Till"


@pytest.mark.parametrize(
    "typed",
    [
        {"url": "ftp://shop.example"},
        {"url": "shop"},
        {"url": ""},
        {"events": ""},
        {"events": "charge.tulips"},
    ],
    ids=str,
)
def test_what_cannot_be_an_endpoint_is_said_beside_what_was_typed(
    shop: Shop, desk: Desk, typed: dict[str, str]
) -> None:
    seen = add(desk, **{"description": "my till"} | typed)
    assert seen.status == 422
    assert 'role="alert"' in seen.html
    assert seen.forms["/dashboard/webhooks"]["description"] == "my till"
    assert shop.till.get("/v1/webhook_endpoints")["data"] == []


def test_an_endpoint_is_switched_off_and_on(shop: Shop, desk: Desk) -> None:
    page = desk.follow(add(desk))
    action = next(action for action in page.forms if action.endswith("/switch"))
    page = desk.follow(desk.press(page, action))
    assert "disabled; nothing more is sent" in page.text
    assert shop.till.get("/v1/webhook_endpoints")["data"][0]["status"] == "disabled"
    page = desk.follow(desk.press(page, action))
    assert "The endpoint is enabled." in page.text
    assert shop.till.get("/v1/webhook_endpoints")["data"][0]["status"] == "enabled"


def test_the_secret_is_shown_to_who_asks_and_that_is_noted(shop: Shop, desk: Desk) -> None:
    endpoint = shop.till.post("/v1/webhook_endpoints", {"url": URL, "enabled_events": ["*"]})
    page = desk.open(f"/dashboard/webhooks/{endpoint['id']}")
    assert endpoint["secret"] not in page.html
    shown = desk.press(page, f"/dashboard/webhooks/{endpoint['id']}/secret")
    assert endpoint["secret"] in shown.text
    (row,) = shop.audited("webhook_endpoint.secret_shown")
    assert (row.actor, row.object_id) == (shop.user_id, endpoint["id"])
    assert endpoint["secret"] not in str(row.as_json())


def test_a_rolled_secret_is_shown_once_and_the_old_one_signs_as_long_as_was_chosen(
    shop: Shop, desk: Desk
) -> None:
    made = shop.till.post("/v1/webhook_endpoints", {"url": URL, "enabled_events": ["*"]})
    path = f"/dashboard/webhooks/{made['id']}"
    page = desk.open(path)
    shown = desk.press(page, f"{path}/roll", grace="3600")
    with shop.app.app_context():
        endpoint = db.session.get(WebhookEndpoint, made["id"])
        assert endpoint is not None
        new, old = endpoint.secrets_in_force()
        assert old == made["secret"]
        assert new in shown.text
        assert endpoint.previous_secret_expires_at is not None
        assert abs(endpoint.previous_secret_expires_at - clock.now() - 3600) < 60
    assert new not in desk.open(path).html
    twice = desk.follow(desk.press(page, f"{path}/roll", grace="0"))
    assert "has changed since you opened the page" in twice.text
    assert len(shop.audited("webhook_endpoint.secret_rolled")) == 1


def test_an_event_is_sent_again_to_one_endpoint_and_to_all_that_came_later(shop: Shop, desk: Desk) -> None:
    shop.till.post("/v1/customers", {"name": "Before"})
    (before,) = shop.till.get("/v1/events")["data"]
    made = shop.till.post("/v1/webhook_endpoints", {"url": URL, "enabled_events": ["customer.created"]})
    page = desk.open(f"/dashboard/events/{before['id']}")
    assert "No endpoint wanted this event" in page.text
    page = desk.follow(desk.press(page, f"/dashboard/events/{before['id']}/resend"))
    assert "The event is being sent again." in page.text
    assert shop.till.get(f"/v1/events/{before['id']}")["pending_webhooks"] == 1
    with shop.app.app_context():
        (delivery,) = db.session.scalars(select(Delivery).where(Delivery.event_id == before["id"]))
        db.session.execute(
            update(Delivery).where(Delivery.id == delivery.id).values(status="failed", due_at=None)
        )
    desk.press(page, f"/dashboard/events/{before['id']}/resend")
    with shop.app.app_context():
        (again,) = db.session.scalars(select(Delivery).where(Delivery.event_id == before["id"]))
        assert (again.status, again.attempts, again.endpoint_id) == ("pending", 0, made["id"])
    assert [row.details["webhook_endpoint"] for row in shop.audited("event.resent")] == [made["id"]] * 2


def test_an_event_is_not_sent_again_to_an_endpoint_that_is_disabled(shop: Shop, desk: Desk) -> None:
    made = shop.till.post("/v1/webhook_endpoints", {"url": URL, "enabled_events": ["*"]})
    shop.till.post("/v1/customers", {})
    (event,) = shop.till.get("/v1/events")["data"]
    page = desk.open(f"/dashboard/events/{event['id']}")
    shop.till.post(f"/v1/webhook_endpoints/{made['id']}", {"disabled": True})
    told = desk.follow(desk.press(page, f"/dashboard/events/{event['id']}/resend"))
    assert "is disabled; enable it to resend events to it" in told.text
    assert f"/dashboard/events/{event['id']}/resend" not in told.forms


def test_why_the_house_has_disabled_an_endpoint_stands_on_its_page(shop: Shop, desk: Desk) -> None:
    made = shop.till.post("/v1/webhook_endpoints", {"url": URL, "enabled_events": ["*"]})
    claim = Claim("whd_1", "evt_1", made["id"], shop.account_id, livemode=False, attempts=0, fence=1)
    with shop.app.app_context():
        jobs.disable(claim, delinquency.REASON)
    assert f"{delinquency.REASON}." in desk.open(f"/dashboard/webhooks/{made['id']}").text
