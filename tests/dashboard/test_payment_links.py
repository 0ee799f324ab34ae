"""Payment links at the desk: their short address, the same as a QR code to print, and what came of them."""

import io

import pytest
import segno
from flask import Flask

from tests.support.desk import Desk, Shop, open_shop

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def link(shop: Shop) -> dict[str, str]:
    price = {"currency": "eur", "unit_amount": 2000, "product_data": {"name": "Roses"}}
    made: dict[str, str] = shop.till.post(
        "/v1/payment_links", {"line_items": [{"price_data": price, "quantity": 1}]}
    )
    return made


def test_the_list_and_the_page_show_the_short_address(desk: Desk, link: dict[str, str]) -> None:
    seen = desk.open("/dashboard/payment-links")
    assert link["url"] in seen.text
    page = desk.open(f"/dashboard/payment-links/{link['id']}")
    assert link["url"] in page.links
    assert f"/dashboard/payment-links/{link['id']}/qr.svg" in page.html
    assert page.inline == []


def test_the_code_is_that_of_the_address(desk: Desk, link: dict[str, str]) -> None:
    code = segno.make(link["url"], error="m", micro=False)
    wanted = io.BytesIO()
    code.save(wanted, kind="png", border=4, scale=8)
    path = f"/dashboard/payment-links/{link['id']}/qr"
    picture = desk.client.get(f"{path}.png", environ_overrides={"REMOTE_ADDR": desk.address})
    assert picture.content_type == "image/png"
    assert picture.data.startswith(PNG_SIGNATURE)
    assert picture.data == wanted.getvalue()
    vector = desk.open(f"{path}.svg").response
    assert vector.content_type == "image/svg+xml"
    side = code.symbol_size(border=4)[0]
    assert f'viewBox="0 0 {side} {side}"' in vector.get_data(as_text=True)
    assert "Content-Disposition" not in vector.headers
    kept = desk.open(f"{path}.svg?download=yes").response
    assert kept.headers["Content-Disposition"] == f'attachment; filename="{link["id"]}.svg"'


def test_there_is_no_code_of_another_kind_or_of_another_merchants_link(
    app: Flask, desk: Desk, link: dict[str, str]
) -> None:
    path = f"/dashboard/payment-links/{link['id']}"
    assert desk.open(f"{path}/qr.pdf").status == 404
    other = open_shop(app).desk()
    for address in (path, f"{path}/qr.svg", f"{path}/qr.png"):
        assert other.open(address).status == 404


def test_the_page_shows_who_followed_the_link(app: Flask, desk: Desk, link: dict[str, str]) -> None:
    page = desk.open(f"/dashboard/payment-links/{link['id']}")
    assert "Nobody has followed this link yet." in page.text
    answer = app.test_client().get("/b/" + link["url"].rpartition("/")[2])
    session_id = answer.headers["Location"].rpartition("/")[2]
    page = desk.open(f"/dashboard/payment-links/{link['id']}")
    assert f"/dashboard/checkout-sessions/{session_id}" in page.links


def test_the_api_shows_nothing_that_stripe_does_not_have(link: dict[str, str]) -> None:
    assert not {"qr", "qr_code", "short_url"} & link.keys()
