"""Branding: what a session may be given, what it says of itself, and the page that wears it."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from checkout import palette, style
from kit import colors
from kit.colors import BLACK, WHITE, Color, contrast
from payments.branding import DEFAULTS
from tests.support.buyer import SHOP, Buyer, Till, flat
from tests.support.hosted_page import session_params

LOOKS = {
    "background_color": "#3b1d4a",
    "border_style": "pill",
    "button_color": "#f2b134",
    "display_name": "Rosie & Daughters",
    "font_family": "lora",
}
ICON = {"type": "url", "url": "https://cdn.shop.example/rose.png"}
some_color = st.builds(Color, *[st.integers(0, 255)] * 3)


def refused(till: Till, **looks: Any) -> tuple[str, str | None, str]:
    params = session_params(SHOP, branding_settings=looks)
    response = till.client.post("/v1/checkout/sessions", data=dict(flat(params)), headers=till.headers)
    assert response.status_code in (400, 404), response.get_data(as_text=True)
    error = response.get_json()["error"]
    return error["param"], error.get("code"), error["message"]


def sheet_of(app: Flask, till: Till, **looks: Any) -> str:
    html = Buyer(app, till.open_session(branding_settings=looks)).open().html
    address = re.search(r'href="(/c/style/[^"]+)"', html)
    assert address, html[:800]
    response = app.test_client().get(address[1])
    assert response.status_code == 200
    assert response.content_type == "text/css; charset=utf-8"
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    return response.get_data(as_text=True)


def test_a_session_says_how_it_looks_whole(till: Till) -> None:
    plain = till.open_session()["branding_settings"]
    assert plain == {**DEFAULTS, "display_name": "Rosie's Roses", "icon": None, "logo": None}
    session = till.open_session(branding_settings={**LOOKS, "icon": ICON})
    assert session["branding_settings"] == {**LOOKS, "icon": ICON, "logo": None}
    assert till.get(f"/v1/checkout/sessions/{session['id']}")["branding_settings"]["icon"] == ICON


def test_an_empty_value_leaves_what_the_merchant_has(till: Till) -> None:
    looks = till.open_session(branding_settings={"background_color": "", "font_family": ""})
    assert looks["branding_settings"]["background_color"] == DEFAULTS["background_color"]
    assert looks["branding_settings"]["font_family"] == "default"


@pytest.mark.parametrize(
    "word", ["red", "0d6b50", "#12345", "#12345g", "red;}body{display:none", "#fff;}*{x:y", "url(//x)"]
)
@pytest.mark.parametrize("name", ["background_color", "button_color"])
def test_a_color_is_hexadecimal_or_nothing(till: Till, name: str, word: str) -> None:
    param, _, message = refused(till, **{name: word})
    assert param == f"branding_settings[{name}]"
    assert message.startswith("Invalid hex color: ")


def test_borders_and_fonts_are_those_of_the_sdk(till: Till) -> None:
    assert refused(till, border_style="round")[0] == "branding_settings[border_style]"
    assert refused(till, font_family="comic_sans; x")[0] == "branding_settings[font_family]"
    for font in style.FONTS:
        assert (
            till.open_session(branding_settings={"font_family": font})["branding_settings"]["font_family"]
            == font
        )


@pytest.mark.parametrize(
    ("picture", "param", "code"),
    [
        ({"type": "url", "url": "javascript:alert(1)"}, "[logo][url]", "url_invalid"),
        ({"type": "url", "url": "data:image/svg+xml,<svg onload=alert(1)>"}, "[logo][url]", "url_invalid"),
        ({"type": "url", "url": "https://user@shop.example/a.png"}, "[logo][url]", "url_invalid"),
        ({"type": "url", "url": "https://shop.example/" + "a" * 2048}, "[logo][url]", "url_invalid"),
        ({"type": "url"}, "[logo][url]", "parameter_missing"),
        ({"type": "url", "url": "https://shop.example/a.png", "file": "file_1"}, "[logo][file]", None),
        ({"type": "file"}, "[logo][file]", "parameter_missing"),
        ({"type": "file", "file": "file_123"}, "[logo][file]", "resource_missing"),
        ({"type": "ftp"}, "[logo][type]", None),
    ],
)
def test_a_picture_is_an_address_that_can_be_fetched(
    till: Till, picture: dict[str, str], param: str, code: str | None
) -> None:
    found = refused(till, logo=picture)
    assert found[0] == f"branding_settings{param}"
    assert code in (None, found[1])


def test_a_page_has_a_logo_or_an_icon(till: Till) -> None:
    assert refused(till, logo=ICON, icon=ICON)[0] == "branding_settings[logo]"


def test_the_page_wears_what_the_session_was_given(app: Flask, till: Till) -> None:
    sheet = sheet_of(app, till, **LOOKS)
    assert "--order:#3b1d4a" in sheet
    assert "--button:#f2b134" in sheet
    assert "--button-ink:#000000" in sheet
    assert "--radius-button:999px" in sheet
    assert "--font:Lora, Charter" in sheet
    seen = Buyer(app, till.open_session(branding_settings={**LOOKS, "icon": ICON})).open()
    assert "Pay Rosie & Daughters" in seen.text
    assert "cdn.shop.example" not in seen.html
    assert 'src="/c/image/' in seen.html


def test_a_page_in_the_houses_own_looks_needs_no_second_sheet(app: Flask, till: Till) -> None:
    assert "/c/style/" not in Buyer(app, till.open_session()).open().html


def test_terms_name_the_business_whatever_heads_the_page(app: Flask, till: Till) -> None:
    looks = {"display_name": "Somebody Else"}
    session = till.open_session(mode="setup", line_items=None, branding_settings=looks)
    assert "you allow Rosie's Roses to charge it later" in Buyer(app, session).open().text


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a\u202egnp.exe", "A" * 5000]
)
def test_a_name_is_words_and_nothing_else(app: Flask, till: Till, name: str) -> None:
    seen = Buyer(app, till.open_session(branding_settings={"display_name": name})).open()
    assert seen.status == 200
    assert not {"onerror", "onload"} & {key for _, given_keys in seen.tags for key in given_keys}
    assert "\u202e" not in seen.html
    assert "A" * 200 not in seen.html


@pytest.mark.parametrize(
    "name",
    [
        "red-0d6b50-pill-lora.css",
        "ffffff-0d6b50-pill-comic.css",
        "ffffff-0d6b50-x-lora.css",
        "a.css",
        "ffffff;-0d6b50-pill-lora.css",
    ],
)
def test_a_sheet_of_anything_else_is_not_found(app: Flask, name: str) -> None:
    assert app.test_client().get(f"/c/style/{style.VERSION}/{name}").status_code == 404


def test_a_sheet_of_an_older_version_is_answered_and_not_kept(app: Flask) -> None:
    response = app.test_client().get("/c/style/0123456789ab/ffffff-0d6b50-pill-lora.css")
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")


def test_contrast_is_that_of_wcag() -> None:
    assert round(contrast(BLACK, WHITE), 2) == 21
    assert round(contrast(Color(0x77, 0x77, 0x77), WHITE), 2) == 4.48
    assert contrast(WHITE, WHITE) == 1
    assert colors.parse("#0d6") == Color(0, 0xDD, 0x66)


@given(background=some_color, button=some_color, scheme=st.sampled_from(["light", "dark"]))
def test_no_colors_make_a_page_unreadable(background: Color, button: Color, scheme: str) -> None:
    worked = palette.palette(background, button, scheme)
    pane = palette.PANES[scheme]
    for ink, ground in (
        (worked.order_ink, worked.order),
        (worked.order_muted, worked.order),
        (worked.accent, pane),
        (worked.button_ink, worked.button),
        (worked.button_ink, worked.button_hover),
    ):
        assert contrast(ink, ground) >= 4.5
    assert max(contrast(worked.button_line, pane), contrast(worked.button, pane)) >= 3


def test_the_houses_own_colors_can_be_read_in_both_schemes() -> None:
    sheet = (Path(__file__).parents[2] / "static/checkout/checkout.css").read_text()
    light = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})\b", sheet.partition("@media")[0]))
    dark = light | dict(
        re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})\b", sheet.partition("@media")[2].partition("\n}\n")[0])
    )
    pairs = [
        ("ink", "pane"), ("muted", "pane"), ("muted", "sunk"), ("muted", "field"), ("accent", "pane"),
        ("accent", "sunk"), ("order-ink", "order"), ("order-muted", "order"), ("button-ink", "button"),
        ("button-ink", "button-hover"), ("bad", "pane"), ("bad", "sunk"), ("bad-ink", "bad-tint"),
        ("ink", "bad-tint"), ("ink", "good-tint"), ("good", "good-tint"), ("wait", "wait-tint"),
        ("note-ink", "note"), ("ink", "note"),
    ]  # fmt: skip
    for scheme in (light, dark):
        for ink, ground in pairs:
            assert contrast(*(colors.parse(scheme[name]) or BLACK for name in (ink, ground))) >= 4.5, (
                ink,
                ground,
            )
        assert (
            contrast(colors.parse(scheme["field-line"]) or BLACK, colors.parse(scheme["pane"]) or BLACK) >= 3
        )
    assert colors.parse(light["pane"]) == palette.PANES["light"]
    assert colors.parse(dark["pane"]) == palette.PANES["dark"]
