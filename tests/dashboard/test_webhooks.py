"""Webhook endpoints: added, switched off and on, their secret shown to those who ask and noted."""

import pytest

from tests.support.desk import Desk, Shop, Sight

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
