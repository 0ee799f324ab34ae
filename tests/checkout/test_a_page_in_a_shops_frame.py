"""A session of `ui_mode=embedded_page`: its page opens by the client secret, in the shop's frame alone."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.support.buyer import SHOP, Buyer, Till, flat
from tests.support.hosted_page import INSUFFICIENT_FUNDS, session_params

STATIC = Path(__file__).resolve().parents[2] / "static" / "checkout"
RETURN = f"{SHOP}/return?session_id={{CHECKOUT_SESSION_ID}}"
NEEDS_CHALLENGE = "4000002760003184"
EMBEDDED = {"ui_mode": "embedded_page", "return_url": RETURN, "success_url": None, "cancel_url": None}
STAYING = EMBEDDED | {"return_url": None, "redirect_on_completion": "never"}


def framed(app: Flask, session: dict[str, Any]) -> Buyer:
    """A buyer in a frame: a browser that keeps no cookie of ours."""
    buyer = Buyer(app, session)
    buyer.client = app.test_client(use_cookies=False)
    buyer.path = f"/c/pay/{session['client_secret']}"
    return buyer


def refused(till: Till, **overrides: Any) -> dict[str, Any]:
    params = dict(flat(session_params(SHOP, **overrides)))
    answer = till.client.post("/v1/checkout/sessions", data=params, headers=till.headers)
    assert answer.status_code == 400
    error: dict[str, Any] = answer.get_json()["error"]
    return error


def test_the_object_has_a_secret_in_the_place_of_an_address(till: Till) -> None:
    session = till.open_session(**EMBEDDED)
    assert session["ui_mode"] == "embedded_page"
    assert (session["url"], session["success_url"], session["cancel_url"]) == (None, None, None)
    assert session["return_url"] == RETURN
    assert session["redirect_on_completion"] == "always"
    assert re.fullmatch(session["id"] + "_secret_[0-9A-Za-z]{25}", session["client_secret"])
    hosted = till.open_session()
    assert hosted["ui_mode"] == "hosted_page"
    assert hosted["client_secret"] is hosted["return_url"] is hosted["redirect_on_completion"] is None


@pytest.mark.parametrize(
    ("given", "param", "words"),
    [
        ({"return_url": None}, "return_url", "Missing required param: return_url."),
        ({"return_url": "javascript:alert(1)"}, "return_url", "Not a valid URL"),
        (
            {"success_url": SHOP, "cancel_url": SHOP},
            "cancel_url",
            "not supported with `ui_mode: embedded_page`: cancel_url, success_url.",
        ),
        ({"redirect_on_completion": "never"}, "return_url", "can not be passed"),
        ({"redirect_on_completion": "sometimes"}, "redirect_on_completion", "must be one of"),
        (
            {
                "redirect_on_completion": "never",
                "return_url": None,
                "allowed_payment_method_types": ["card", "upi"],
            },
            "allowed_payment_method_types[1]",
            "redirects the customer",
        ),
        ({"ui_mode": "elements"}, "ui_mode", "does not offer"),
    ],
)
def test_what_an_embedded_page_can_not_be_given(
    till: Till, given: dict[str, Any], param: str, words: str
) -> None:
    error = refused(till, **(EMBEDDED | given))
    assert error["param"] == param
    assert words in error["message"]


def test_a_hosted_page_takes_no_parameter_of_an_embedded_one(till: Till) -> None:
    error = refused(till, return_url=RETURN)
    assert error["param"] == "return_url"
    assert "`ui_mode: hosted_page`" in error["message"]


def test_a_page_that_is_never_left_offers_no_method_that_leads_away(till: Till) -> None:
    assert "upi" in till.open_session()["payment_method_types"]
    types = till.open_session(**STAYING)["payment_method_types"]
    assert "card" in types
    assert not {"upi", "amazon_pay", "klarna", "ideal"} & set(types)


def test_the_secret_alone_opens_the_page(app: Flask, till: Till) -> None:
    session = till.open_session(**EMBEDDED)
    assert framed(app, session).open().takes_a_card
    hosted = till.open_session()
    for path in (
        session["id"],
        session["client_secret"][:-1],
        session["client_secret"][:-1] + ("a" if session["client_secret"][-1] != "a" else "b"),
        f"{hosted['id']}_secret_{session['client_secret'][-25:]}",
    ):
        stranger = Buyer(app, session)
        stranger.path = f"/c/pay/{path}"
        assert stranger.open().status == 404


def test_the_page_may_be_framed_on_the_site_of_its_return_url_alone(app: Flask, till: Till) -> None:
    headers = framed(app, till.open_session(**EMBEDDED)).open("?site=https://evil.example").response.headers
    assert "frame-ancestors https://shop.example;" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers
    headers = Buyer(app, till.open_session()).open("?site=https://evil.example").response.headers
    assert "frame-ancestors 'none';" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"


def test_without_a_return_url_the_frame_is_for_the_site_that_the_loader_names(app: Flask, till: Till) -> None:
    session = till.open_session(**STAYING)
    alone = framed(app, session).open().response.headers
    assert "frame-ancestors 'none';" in alone["Content-Security-Policy"]
    buyer = framed(app, session)
    seen = buyer.open("?site=https://shop.example")
    assert "frame-ancestors https://shop.example;" in seen.response.headers["Content-Security-Policy"]
    buyer.path = re.search(r'id="payment-form"[^>]* action="([^"]+)"', seen.html)[1]  # type: ignore[index]
    paid = buyer.submit()
    assert "frame-ancestors https://shop.example;" in paid.response.headers["Content-Security-Policy"]
    assert 'data-told="complete"' in paid.html
    assert "data-onward" not in paid.html
    assert till.get(f"/v1/checkout/sessions/{session['id']}")["payment_status"] == "paid"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_frame_keeps_the_colours_that_the_loader_names(app: Flask, till: Till, scheme: str) -> None:
    buyer = framed(app, till.open_session(**EMBEDDED))
    seen = buyer.open(f"?site=https://shop.example&scheme={scheme}")
    assert f'data-scheme="{scheme}"' in seen.html
    buyer.path = re.search(r'id="payment-form"[^>]* action="([^"]+)"', seen.html)[1]  # type: ignore[index]
    assert f'data-scheme="{scheme}"' in buyer.submit(cardNumber=INSUFFICIENT_FUNDS).html


@pytest.mark.parametrize("query", ["", "?scheme=", "?scheme=red", "?scheme=dark%22%20x=%22"])
def test_without_colours_of_the_shops_the_frame_follows_the_customers_system(
    app: Flask, till: Till, query: str
) -> None:
    assert "data-scheme" not in framed(app, till.open_session(**EMBEDDED)).open(query).html
    assert "data-scheme" not in Buyer(app, till.open_session()).open("?scheme=dark").html


def test_a_frame_that_is_held_to_the_dark_has_the_pages_own_dark_colours() -> None:
    sheets = [(STATIC / name).read_text() for name in ("checkout.css", "framed.css")]
    openings = ('@media (prefers-color-scheme: dark) {\n  :root:where(:not([data-scheme="light"])) {',
                ':root:where([data-scheme="dark"]) {')  # fmt: skip
    ours, theirs = (
        re.findall(r"(--[\w-]+): ([^;]+);", sheet.partition(opening)[2].partition("}")[0])
        for sheet, opening in zip(sheets, openings, strict=True)
    )
    assert len(ours) > 20
    assert theirs == ours


def test_it_pays_without_a_cookie_and_tells_the_shops_page_where_to_go(app: Flask, till: Till) -> None:
    session = till.open_session(**EMBEDDED)
    buyer = framed(app, session)
    opened = buyer.open()
    assert "Set-Cookie" not in opened.response.headers
    assert 'data-parent="https://shop.example"' in opened.html
    declined = buyer.submit(cardNumber=INSUFFICIENT_FUNDS)
    assert declined.status == 402
    paid = buyer.submit()
    assert paid.status == 200
    assert paid.refresh is None  # the frame itself goes nowhere
    onward = RETURN.replace("{CHECKOUT_SESSION_ID}", session["id"])
    assert f'data-told="complete" data-onward="{onward}"' in paid.html
    assert paid.links["continue"] == onward
    assert 'target="_top"' in paid.html
    assert "Set-Cookie" not in paid.response.headers
    again = buyer.submit()  # the back button, and once more
    assert "already been paid" in again.text
    assert len(till.charges_of(session["id"])) == 2


def test_a_page_that_stays_does_not_lead_on(app: Flask, till: Till) -> None:
    session = till.open_session(**EMBEDDED, redirect_on_completion="if_required")
    paid = framed(app, session).pay()
    assert 'data-told="complete"' in paid.html
    assert "data-onward" not in paid.html
    assert "continue" not in paid.links


def test_a_look_at_what_was_paid_before_tells_nothing(app: Flask, till: Till) -> None:
    buyer = framed(app, till.open_session(**EMBEDDED))
    buyer.pay()
    assert "data-told" not in buyer.open().html


def test_a_token_is_good_for_its_own_session_alone(app: Flask, till: Till) -> None:
    mine, other = framed(app, till.open_session(**EMBEDDED)), framed(app, till.open_session(**EMBEDDED))
    hosted = Buyer(app, till.open_session())
    mine.open(), hosted.open()
    for token in ("", "x", mine.token, hosted.token):
        other.token = token
        assert other.submit().status == 400
    hosted.token = mine.token
    assert hosted.submit().status == 400


def test_the_whole_window_goes_to_the_bank_and_back_to_the_shop(app: Flask, till: Till) -> None:
    session = till.open_session(**EMBEDDED)
    buyer = framed(app, session)
    asked = buyer.pay(cardNumber=NEEDS_CHALLENGE)
    assert asked.refresh is None
    assert 'data-told="redirect"' in asked.html
    assert 'id="challenge"' in asked.html
    assert 'target="_top"' in asked.html
    intent = till.get(f"/v1/checkout/sessions/{session['id']}")["payment_intent"]
    assert intent


def test_a_page_that_is_never_left_has_the_bank_in_a_window_beside_it(app: Flask, till: Till) -> None:
    buyer = framed(app, till.open_session(**STAYING))
    asked = buyer.pay(cardNumber=NEEDS_CHALLENGE)
    assert "data-told" not in asked.html
    assert 'target="_blank"' in asked.html
    assert asked.refresh is not None
    assert asked.refresh.startswith(f"{buyer.path}?waiting=")
    assert buyer.open("?waiting=").links["challenge"] == asked.links["challenge"]
    assert buyer.open().takes_a_card


def test_an_expired_one_is_opened_again_as_a_page_by_itself(app: Flask, till: Till) -> None:
    wish = {"after_expiration": {"recovery": {"enabled": True}}}
    for kind in (EMBEDDED, STAYING):
        session = till.open_session(**kind, **wish)
        till.post(f"/v1/checkout/sessions/{session['id']}/expire")
        url = till.get(f"/v1/checkout/sessions/{session['id']}")["after_expiration"]["recovery"]["url"]
        answer = app.test_client().get(url.partition("8000")[2])
        assert answer.status_code == 303
        successor = answer.headers["Location"].rpartition("/")[2]
        again = till.get(f"/v1/checkout/sessions/{successor}")
        assert again["ui_mode"] == "hosted_page"
        assert again["recovered_from"] == session["id"]


def test_a_card_is_kept_in_a_frame_too(app: Flask, till: Till) -> None:
    session = till.open_session(**EMBEDDED, mode="setup", currency="eur", line_items=None)
    assert session["client_secret"]
    paid = framed(app, session).pay()
    assert 'data-told="complete"' in paid.html


def test_any_shop_may_load_the_loader_and_hold_it_to_its_hash(app: Flask) -> None:
    with app.test_client().get("/embed/florin.js") as answer:
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert "Set-Cookie" not in answer.headers
        tag = answer.headers["ETag"]
    assert app.test_client().get("/embed/florin.js", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "site",
    [
        "https://shop.example:99999", "https://shop.example:x", "https://:443", "https://[::1",
        "https://shop.example;sandbox", "https://a.example,https://b.example", "https://*", "https://a.example'",
        "javascript:alert(1)", "https://",
    ],
)  # fmt: skip
def test_a_site_that_is_none_frames_no_page(app: Flask, till: Till, site: str) -> None:
    secret = till.open_session(**STAYING)["client_secret"]
    answer = app.test_client().get(f"/c/pay/{secret}", query_string={"site": site})
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none';" in policy
    assert "sandbox" not in policy


def test_a_shop_with_a_name_of_other_letters_may_frame_its_page(app: Flask, till: Till) -> None:
    session = till.open_session(**(EMBEDDED | {"return_url": "https://bücher.example:8443/danke"}))
    answer = app.test_client().get(f"/c/pay/{session['client_secret']}")
    assert "frame-ancestors https://xn--bcher-kva.example:8443;" in answer.headers["Content-Security-Policy"]
