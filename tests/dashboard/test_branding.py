"""A merchant sets how its pages look; every page of its customers follows, and /v1/account says so."""

import pytest
import stripe
from flask import Flask

from payments import branding
from tests.support.buyer import Buyer
from tests.support.desk import Desk, Shop, Sight, open_shop
from tests.support.sdk_shapes import strays

ADDRESS = "/dashboard/branding"
TYPED = {
    "display_name": "Rosie & Daughters",
    "background_color": "#3b1d4a",
    "button_color": "#f2b134",
    "border_style": "pill",
    "font_family": "lora",
    "icon": "https://cdn.shop.example/rose.png",
    "support_email": "help@shop.example",
    "support_phone": "+91 80 5555 0100",
    "support_url": "https://shop.example/help",
    "url": "https://shop.example",
}


def save(desk: Desk, **typed: str) -> Sight:
    return desk.press(desk.open(ADDRESS), ADDRESS, **(TYPED | typed))


def test_pages_follow_what_the_merchant_sets(app: Flask, shop: Shop, desk: Desk) -> None:
    session = shop.till.open_session()  # one that is open already
    assert "look so from now on" in desk.follow(save(desk)).text
    seen = Buyer(app, session).open()
    assert "Pay Rosie & Daughters" in seen.text
    assert "/3b1d4a-f2b134-pill-lora.css" in seen.html
    assert 'href="mailto:help@shop.example"' in seen.html
    assert 'href="tel:+918055550100"' in seen.html
    assert 'href="https://shop.example/help"' in seen.html
    assert "Questions? Ask Rosie & Daughters:" in seen.text
    looks = shop.till.get(f"/v1/checkout/sessions/{session['id']}")["branding_settings"]
    assert looks["background_color"] == "#3b1d4a"
    assert looks["display_name"] == "Rosie & Daughters"
    assert looks["icon"] == {"type": "url", "url": TYPED["icon"]}


def test_a_sessions_own_looks_count_before_the_merchants(shop: Shop, desk: Desk) -> None:
    save(desk)
    logo = {"type": "url", "url": "https://cdn.shop.example/wide.png"}
    looks = shop.till.open_session(branding_settings={"button_color": "#112233", "logo": logo})[
        "branding_settings"
    ]
    assert (looks["button_color"], looks["background_color"]) == ("#112233", "#3b1d4a")
    assert (looks["logo"], looks["icon"]) == (logo, None)


def test_the_account_tells_its_looks_and_contact(shop: Shop, desk: Desk) -> None:
    before = shop.till.get("/v1/account")
    assert before["settings"]["branding"]["primary_color"] is None
    save(desk)
    account = shop.till.get("/v1/account")
    assert account["settings"]["branding"]["primary_color"] == "#3b1d4a"
    assert account["settings"]["branding"]["secondary_color"] == "#f2b134"
    assert account["business_profile"]["name"] == "Rosie & Daughters"
    assert account["business_profile"]["support_phone"] == "+91 80 5555 0100"
    assert not list(strays(account, stripe.Account))


def test_the_form_shows_what_is_set_and_empties_it_again(app: Flask, shop: Shop, desk: Desk) -> None:
    save(desk)
    form = desk.open(ADDRESS).forms[ADDRESS]
    assert {name: form[name] for name in TYPED} == TYPED
    save(desk, **(branding.DEFAULTS | dict.fromkeys(("display_name", "icon", *branding.CONTACT), "")))
    html = Buyer(app, shop.till.open_session()).open().html
    assert "/c/style/" not in html
    assert "mailto:" not in html


@pytest.mark.parametrize(
    ("field", "word"),
    [
        ("background_color", "red;}body{display:none"),
        ("button_color", "#12345"),
        ("border_style", "wavy"),
        ("font_family", "comic_sans"),
        ("icon", "javascript:alert(1)"),
        ("logo", "https://cdn.shop.example/both.png"),
        ("support_email", "nobody"),
        ("support_phone", "call me"),
        ("support_phone", "+1;ext=1"),
        ("support_url", "javascript:alert(1)"),
        ("url", "//evil.example"),
        ("display_name", "a\x00b"),
    ],
)
def test_what_no_page_can_have_is_refused_and_stays_typed(desk: Desk, field: str, word: str) -> None:
    seen = save(desk, **{field: word})
    assert seen.status == 422
    assert "notice-bad" in seen.html
    label = seen.html.partition(f'<label for="{field}">')[2].partition("<")[0].strip()
    assert f'role="alert">{label}: ' in seen.html
    assert seen.forms[ADDRESS]["support_email"] == (word if field == "support_email" else "help@shop.example")
    assert desk.open(ADDRESS).forms[ADDRESS]["display_name"] == ""  # nothing was kept


def test_of_two_who_change_the_looks_at_once_the_second_is_told(desk: Desk) -> None:
    first, second = desk.open(ADDRESS), desk.open(ADDRESS)
    assert desk.press(first, ADDRESS, **TYPED).status == 303
    seen = desk.press(second, ADDRESS, button_color="#000000")
    assert seen.status == 422
    assert "has changed since you opened the page" in seen.text


def test_another_merchants_pages_stay_as_they_are(app: Flask, desk: Desk) -> None:
    save(desk)
    looks = open_shop(app).till.open_session()["branding_settings"]
    assert looks["button_color"] == branding.DEFAULTS["button_color"]


def test_fonts_and_borders_are_those_of_the_sdk() -> None:
    hints = stripe.params.checkout.SessionCreateParamsBrandingSettings.__annotations__
    for field, names in (("font_family", branding.FONT_FAMILIES), ("border_style", branding.BORDER_STYLES)):
        declared = (
            hints[field].__forward_arg__ if hasattr(hints[field], "__forward_arg__") else str(hints[field])
        )
        assert all(f"'{name}'" in declared for name in names)
        assert declared.count("'") == 2 * (len(names) + 1)  # and the empty one, which unsets it
