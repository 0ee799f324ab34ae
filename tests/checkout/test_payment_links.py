"""A payment link: a short address that opens a session for each customer who follows it."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.buyer import Buyer, Seen, Till, look
from tests.support.hosted_page import INSUFFICIENT_FUNDS

CHALLENGED = "4000002760003184"
ROSE: Any = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Rose"}}


def a_price(till: Till, **more: Any) -> str:
    made: str = till.post("/v1/prices", {**ROSE, **more})["id"]
    return made


def a_link(till: Till, **more: Any) -> dict[str, Any]:
    return till.post("/v1/payment_links", {"line_items": [{"price_data": ROSE, "quantity": 2}], **more})


def path_of(link: dict[str, Any], query: str = "") -> str:
    return str(urlsplit(link["url"]).path) + query


def followed(till: Till, link: dict[str, Any], query: str = "") -> dict[str, Any]:
    """Follow the link; return the session that it leads to."""
    response = till.client.get(path_of(link, query))
    assert response.status_code == 303, response.get_data(as_text=True)
    return till.get(f"/v1/checkout/sessions/{response.headers['Location'].rpartition('/')[2]}")


def refused(till: Till, link: dict[str, Any]) -> Seen:
    return look(till.client.get(path_of(link)))


@pytest.mark.parametrize("inline", [True, False])
def test_everyone_who_follows_a_link_gets_a_session_of_their_own(till: Till, inline: bool) -> None:
    offered: Any = {"price_data": ROSE} if inline else {"price": a_price(till)}
    link = till.post(
        "/v1/payment_links",
        {
            "line_items": [offered | {"quantity": 2}],
            "metadata": {"campaign": "spring"},
            "payment_intent_data": {"description": "Roses"},
        },
    )
    first, second = followed(till, link), followed(till, link, "?client_reference_id=cart_7")
    assert first["id"] != second["id"]
    assert (first["amount_total"], first["currency"]) == (1000, "eur")
    assert (first["payment_link"], first["metadata"]) == (link["id"], {"campaign": "spring"})
    assert (first["client_reference_id"], second["client_reference_id"]) == (None, "cart_7")
    assert Buyer(till.app, first).pay().status == 200
    paid = till.get(f"/v1/checkout/sessions/{first['id']}?expand[]=payment_intent")
    assert paid["payment_intent"]["description"] == "Roses"
    found = till.get(f"/v1/checkout/sessions?payment_link={link['id']}")["data"]
    assert [row["id"] for row in found] == [second["id"], first["id"]]


def test_the_customer_stays_on_the_page_or_goes_to_the_shop(till: Till) -> None:
    words = {"custom_message": "We pick your roses tomorrow."}
    staying = a_link(till, after_completion={"type": "hosted_confirmation", "hosted_confirmation": words})
    seen = Buyer(till.app, followed(till, staying)).pay()
    assert "We pick your roses tomorrow." in seen.text
    assert (seen.refresh, seen.links.get("continue")) == (None, None)
    thanks = "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}"
    going = a_link(till, after_completion={"type": "redirect", "redirect": {"url": thanks}})
    session = followed(till, going)
    assert Buyer(till.app, session).pay().refresh == thanks.replace("{CHECKOUT_SESSION_ID}", session["id"])


def test_a_link_that_is_switched_off_says_so(till: Till) -> None:
    link = a_link(till)
    changed = till.post(f"/v1/payment_links/{link['id']}", {"active": False, "inactive_message": "Sold out."})
    assert (changed["active"], changed["inactive_message"]) == (False, "Sold out.")
    page = refused(till, link)
    assert page.status == 410
    assert "Sold out." in page.text
    assert not till.get("/v1/checkout/sessions")["data"]
    assert not till.get("/v1/payment_links?active=true")["data"]
    assert len(till.get("/v1/payment_links?active=false")["data"]) == 1
    till.post(f"/v1/payment_links/{link['id']}", {"active": True})
    assert followed(till, link)["status"] == "open"


def test_a_limit_closes_the_link_once_it_is_reached(till: Till) -> None:
    link = a_link(till, restrictions={"completed_sessions": {"limit": 1}})
    assert Buyer(till.app, followed(till, link)).pay().status == 200
    assert refused(till, link).status == 410
    counted = till.get(f"/v1/payment_links/{link['id']}")["restrictions"]["completed_sessions"]
    assert counted == {"count": 1, "limit": 1}


def test_no_more_pages_are_paid_than_the_limit_allows(till: Till) -> None:
    link = a_link(till, restrictions={"completed_sessions": {"limit": 2}})
    sessions = [followed(till, link) for _ in range(4)]  # all of them open at once
    seen = [Buyer(till.app, session).pay() for session in sessions]
    assert [page.status for page in seen] == [200, 200, 410, 410]
    assert "no longer active" in seen[-1].text
    late = till.get(f"/v1/checkout/sessions/{sessions[-1]['id']}")
    assert (late["status"], late["payment_intent"]) == ("open", None)
    counted = till.get(f"/v1/payment_links/{link['id']}")["restrictions"]["completed_sessions"]
    assert counted == {"count": 2, "limit": 2}


def test_a_decline_leaves_its_place_to_the_next(till: Till) -> None:
    link = a_link(till, restrictions={"completed_sessions": {"limit": 1}})
    refused, other = followed(till, link), followed(till, link)
    assert Buyer(till.app, refused).pay(cardNumber=INSUFFICIENT_FUNDS).status == 402
    assert Buyer(till.app, other).pay().status == 200
    assert look(till.client.get(f"/c/pay/{refused['id']}")).status == 410


def test_a_page_that_expires_leaves_its_place_to_the_next(till: Till) -> None:
    link = a_link(till, restrictions={"completed_sessions": {"limit": 1}})
    challenged, other = followed(till, link), followed(till, link)
    Buyer(till.app, challenged).pay(cardNumber=CHALLENGED)  # at the issuer, its place is taken
    assert Buyer(till.app, other).pay().status == 409
    till.post(f"/v1/checkout/sessions/{challenged['id']}/expire", {})
    assert Buyer(till.app, other).pay().status == 200


def test_a_limit_that_comes_later_counts_what_was_paid_before(till: Till) -> None:
    link = a_link(till)
    first, second, third = (followed(till, link) for _ in range(3))
    assert Buyer(till.app, first).pay().status == 200
    till.post(f"/v1/payment_links/{link['id']}", {"restrictions": {"completed_sessions": {"limit": 2}}})
    assert Buyer(till.app, second).pay().status == 200
    assert Buyer(till.app, third).pay().status == 410


@pytest.mark.parametrize("before", [None, 1000])
def test_a_lower_limit_counts_those_who_are_paying_at_that_moment(till: Till, before: int | None) -> None:
    restricted: dict[str, Any] = {"restrictions": {"completed_sessions": {"limit": before}}} if before else {}
    link = a_link(till, **restricted)
    paid, challenged, other = (followed(till, link) for _ in range(3))
    assert Buyer(till.app, paid).pay().status == 200
    Buyer(till.app, challenged).pay(cardNumber=CHALLENGED)  # at the issuer, its place is taken
    till.post(f"/v1/payment_links/{link['id']}", {"restrictions": {"completed_sessions": {"limit": 2}}})
    assert Buyer(till.app, other).pay().status == 409
    till.post(f"/v1/checkout/sessions/{challenged['id']}/expire", {})
    assert Buyer(till.app, other).pay().status == 200


def test_a_link_is_changed_and_tells_of_it(till: Till) -> None:
    link = a_link(till)
    (line,) = till.get(f"/v1/payment_links/{link['id']}/line_items")["data"]
    assert (line["quantity"], line["amount_total"], line["description"]) == (2, 1000, "Rose")
    change = {"line_items": [{"id": line["id"], "quantity": 3}], "allow_promotion_codes": True}
    assert till.post(f"/v1/payment_links/{link['id']}", change)["allow_promotion_codes"]
    assert followed(till, link)["amount_total"] == 1500
    updated, created = till.get("/v1/events?types[]=payment_link.created&types[]=payment_link.updated")[
        "data"
    ]
    assert (created["type"], updated["type"]) == ("payment_link.created", "payment_link.updated")
    assert updated["data"]["previous_attributes"] == {"allow_promotion_codes": False}
    expanded = till.get(f"/v1/payment_links/{link['id']}?expand[]=line_items")
    assert expanded["line_items"]["data"][0]["quantity"] == 3


def test_what_cannot_be_paid_opens_no_session(till: Till) -> None:
    price = a_price(till)
    link = till.post("/v1/payment_links", {"line_items": [{"price": price, "quantity": 1}]})
    till.post(f"/v1/prices/{price}", {"active": False})
    assert refused(till, link).status == 409
    monthly = a_price(till, recurring={"interval": "month"})
    subscribing = till.post("/v1/payment_links", {"line_items": [{"price": monthly, "quantity": 1}]})
    assert refused(till, subscribing).status == 409
    assert till.client.get("/b/made-up").status_code == 404
    assert till.client.get("/b/madeUp123").status_code == 404
    assert till.client.head(path_of(a_link(till))).status_code == 200
    assert not till.get("/v1/checkout/sessions")["data"]


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"line_items": [{"quantity": 1}]}, "line_items[0][price]"),
        ({"line_items": [{"price": "price_none", "quantity": 1}]}, "line_items[0][price]"),
        ({"line_items": [{"price_data": ROSE, "quantity": 0}]}, "line_items[0][quantity]"),
        ({"after_completion": {"type": "redirect"}}, "after_completion[redirect][url]"),
        ({"restrictions": {"completed_sessions": {"limit": 0}}}, "restrictions[completed_sessions][limit]"),
    ],
)
def test_a_link_has_to_offer_something(till: Till, more: dict[str, Any], param: str) -> None:
    with pytest.raises(AssertionError, match=f'"param": "{re.escape(param)}"'):
        a_link(till, **more)
