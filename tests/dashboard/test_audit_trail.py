"""Every look at payment details leaves a row: who, what, which object, outcome, request, address, time."""

from urllib.parse import urlsplit

from dashboard.trail import ROWS
from tests.support.desk import Desk, Shop, Sight


def test_each_look_at_a_payment_is_a_row(shop: Shop, desk: Desk) -> None:
    intent = shop.pay()
    seen = desk.open(f"/dashboard/payments/{intent['id']}")
    (row,) = shop.audited("GET /dashboard/payments/{intent_id}")
    assert (row.actor, row.object_id, row.outcome) == (shop.user_id, intent["id"], "succeeded")
    assert (row.address, row.request_id) == (desk.address, seen.response.headers["Request-Id"])
    desk.open("/dashboard/payments")
    assert len(shop.audited("GET /dashboard/payments")) == 1


def test_a_look_at_what_is_not_there_is_a_row_too(shop: Shop, desk: Desk) -> None:
    desk.open("/dashboard/payments/pi_nothing")
    (row,) = shop.audited("GET /dashboard/payments/{intent_id}")
    assert (row.object_id, row.outcome, row.details) == ("pi_nothing", "resource_missing", {"status": 404})


def test_live_mode_has_a_trail_of_its_own(shop: Shop, desk: Desk) -> None:
    desk.press(desk.open("/dashboard"), "/dashboard/mode")
    desk.open("/dashboard/payments")
    assert len(shop.audited("GET /dashboard/payments", livemode=True)) == 1
    assert shop.audited("GET /dashboard/payments") == []


def test_the_trail_shows_the_rows_of_one_object(shop: Shop, desk: Desk) -> None:
    first, second = shop.pay(), shop.pay()
    seen = desk.open(f"/dashboard/audit?object={first['id']}")
    assert first["id"] in seen.text
    assert second["id"] not in seen.text
    assert "payment_intent.succeeded" in seen.text


def test_the_trail_goes_back_page_by_page(shop: Shop, desk: Desk) -> None:
    for _ in range(ROWS + 5):
        shop.till.post("/v1/customers", {"name": "Asha"})
    first = desk.open("/dashboard/audit")
    second = desk.open(next(link for link in first.links if "before=" in link))
    assert _times(first) == ROWS
    assert _times(second) > 0
    assert not set(_requests(first)) & set(_requests(second)[1:])


def test_an_error_of_the_api_points_to_the_page_of_its_request(shop: Shop, desk: Desk) -> None:
    answer = shop.till.client.post("/v1/refunds", data={"charge": "ch_nothing"}, headers=shop.till.headers)
    address = answer.get_json()["error"]["request_log_url"]
    assert address.startswith("http")  # whole, to be clicked in a terminal
    seen = desk.open(urlsplit(address).path)
    assert seen.status == 200
    assert answer.headers["Request-Id"] in seen.text
    assert "POST /v1/refunds" in seen.text
    assert "resource missing" in seen.text


def test_a_request_of_the_dashboard_has_its_page_as_well(shop: Shop, desk: Desk) -> None:
    intent = shop.pay()
    request_id = desk.open(f"/dashboard/payments/{intent['id']}").response.headers["Request-Id"]
    seen = desk.open(f"/dashboard/logs/{request_id}")
    assert intent["id"] in seen.text
    assert shop.email in seen.text


def _times(seen: Sight) -> int:
    return seen.html.count('data-label="Time, UTC"')


def _requests(seen: Sight) -> list[str]:
    return [link for link in seen.links if "/logs/req_" in link]
