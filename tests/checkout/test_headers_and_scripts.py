"""Each page says what it may do and loads what the inventory names, held to its hash; a change is found."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from flask import Flask

from checkout import assets, headers, inspection
from kit import page_headers
from kit.http import Failure, Response
from kit.page_headers import transport_headers
from tests.support.buyer import Buyer, Till

STATIC = Path(__file__).resolve().parents[2] / "static" / "checkout"
HOUSE = "https://pay.example"
TAG = re.compile(r"<(?:script|link)\b[^>]*>")


@pytest.fixture(scope="module")
def known() -> list[assets.Asset]:
    return assets.inventory(STATIC.parent)


def test_every_file_that_a_page_could_load_has_a_reason(known: list[assets.Asset]) -> None:
    folders = (STATIC, STATIC.parent / "embed")
    there = {
        f"{folder.name}/{path.name}"
        for folder in folders
        for path in folder.iterdir()
        if path.suffix in (".js", ".css")
    }
    assert {asset.name for asset in known} == there
    assert all(asset.reason for asset in known)
    imported = {name for asset in known for name in asset.imports}
    assert imported <= {asset.name for asset in known}


def test_every_script_and_stylesheet_is_held_to_its_hash(
    app: Flask, till: Till, known: list[assets.Asset]
) -> None:
    seen = Buyer(app, till.open_session()).open()
    tags = [tag for tag in TAG.findall(seen.html) if 'rel="icon"' not in tag]
    held = {}
    for tag in tags:
        name = re.search(r'"/static/[0-9a-f]{12}/([^"]+)"', tag)
        hashed = re.search(r'integrity="([^"]+)"', tag)
        assert name, tag
        assert hashed, tag
        held[name[1]] = hashed[1]
    wanted = {asset.name: asset.integrity for asset in known}
    assert held.items() <= wanted.items()
    assert {"checkout/checkout.js", "checkout/card.js", "checkout/checkout.css"} <= held.keys()


def test_a_file_without_a_reason_is_on_no_page(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(LookupError, match="has no reason"):
        assets.script("checkout/tracker.js")


def test_only_a_page_with_a_script_allows_scripts(app: Flask, till: Till) -> None:
    buyer = Buyer(app, till.open_session())
    form = buyer.open().response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in form
    paid = buyer.submit().response.headers["Content-Security-Policy"]
    assert "script-src" not in paid
    for policy in (form, paid):
        for word in ("unsafe", "data:", "http:", "https:", "*", "connect-src"):
            assert word not in policy
        assert "require-trusted-types-for 'script'" in policy


@pytest.mark.parametrize(
    ("return_url", "ancestor"),
    [
        ("https://shop.example/return?a=b", "https://shop.example"),
        ("http://localhost:4242/x", "http://localhost:4242"),
        ("https://user:secret@shop.example/", "https://shop.example"),
        ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443"),
        ("javascript:alert(1)", None),
        ("//evil.example/", None),
        ("https://shop.example; script-src *", None),
        ("https://shop.example\r\nX-Evil: 1", None),
        (None, None),
    ],
)
def test_a_frame_is_allowed_on_the_site_of_the_session_alone(
    app: Flask, return_url: str | None, ancestor: str | None
) -> None:
    with app.test_request_context():
        headers.framed_by(return_url)
        told = headers.protect(app.response_class("")).headers
    assert f"frame-ancestors {ancestor or chr(39) + 'none' + chr(39)};" in told["Content-Security-Policy"]
    assert told.get("X-Frame-Options") == (None if ancestor else "DENY")


def test_browsers_are_held_to_tls_where_customers_come_by_it() -> None:
    assert transport_headers("https://pay.example") == {"Strict-Transport-Security": "max-age=63072000"}
    assert transport_headers("http://127.0.0.1:8000") == {}


def test_a_file_opened_by_itself_can_do_nothing(app: Flask) -> None:
    with app.test_client().get("/static/checkout/florin.svg") as answer:
        told = answer.headers
    assert told["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in told["Content-Security-Policy"]
    assert "script-src" not in told["Content-Security-Policy"]


Change = Callable[[str, Response], Response]


def server(app: Flask, change: Change = lambda _, answer: answer) -> inspection.Fetch:
    """A server of the app's pages, between which and the browser somebody may stand."""
    client = app.test_client()

    def fetch(address: str) -> Response | Failure:
        with client.get(address.removeprefix(HOUSE)) as told:
            body = told.get_data()
        given = {name.lower(): value for name, value in told.headers} | transport_headers_in_small()
        return change(address, Response(told.status_code, given, body, 0))

    return fetch


def transport_headers_in_small() -> dict[str, str]:
    return {name.lower(): value for name, value in transport_headers(HOUSE).items()}


def edited(part: str, old: bytes, new: bytes) -> Change:
    def change(address: str, answer: Response) -> Response:
        changed = part in address and old in answer.body
        return replace(answer, body=answer.body.replace(old, new)) if changed else answer

    return change


def without(name: str) -> Change:
    def change(_: str, answer: Response) -> Response:
        return replace(answer, headers={key: value for key, value in answer.headers.items() if key != name})

    return change


def test_an_untouched_page_is_as_the_inventory_has_it(
    app: Flask, till: Till, known: list[assets.Asset]
) -> None:
    page = HOUSE + Buyer(app, till.open_session()).path
    assert list(inspection.differences(page, known, server(app))) == []


def test_a_merchants_own_stylesheet_is_held_to_its_hash_too(
    app: Flask, till: Till, known: list[assets.Asset]
) -> None:
    buyer = Buyer(app, till.open_session(branding_settings={"background_color": "#123456"}))
    assert re.search(r'href="/c/style/[^"]+" integrity="sha384-[^"]{64}"', buyer.open().html)
    page = HOUSE + buyer.path
    assert list(inspection.differences(page, known, server(app))) == []
    darker = server(app, edited("/c/style/", b":root", b" :root"))
    assert any("is another file" in found for found in inspection.differences(page, known, darker))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (edited("/checkout/card.js", b"export", b"/**/export"), "card.js is another file"),
        (edited("/checkout/checkout.css", b"}", b" }"), "checkout.css is another file"),
        (edited("/c/pay/", b"</main>", b"</main><script>steal()</script>"), "an inline script"),
        (edited("/c/pay/", b"</main>", b"</main><style>a{}</style>"), "an inline style"),
        (edited("/c/pay/", b"<main", b'<main onclick="steal()"'), "onclick= on <main>"),
        (edited("/c/pay/", b"</main>", b"</main><iframe src=/x></iframe>"), "<iframe>"),
        (edited("/c/pay/", b"<head>", b'<head><base href="https://evil.example/">'), "<base>"),
        (
            edited("/c/pay/", b"</main>", b'</main><script src="https://evil.example/a.js"></script>'),
            "https://evil.example/a.js is of another origin",
        ),
        (
            edited("/c/pay/", b"</main>", b'</main><script src="/static/checkout/b.js"></script>'),
            "b.js is not in the inventory",
        ),
        (edited("/c/pay/", b"sha384-", b"sha384-A"), "is to be held to sha384-A"),
        (without("content-security-policy"), "the header Content-Security-Policy is None"),
        (without("strict-transport-security"), "the header Strict-Transport-Security is None"),
        (without("cache-control"), "the header Cache-Control is None"),
    ],
)
def test_whatever_somebody_changes_on_the_way_is_found(
    app: Flask, till: Till, known: list[assets.Asset], change: Change, found: str
) -> None:
    page = HOUSE + Buyer(app, till.open_session()).path
    sentences = list(inspection.differences(page, known, server(app, change)))
    assert any(found in sentence for sentence in sentences), sentences


def test_a_server_that_is_not_there_is_a_difference(known: list[assets.Asset]) -> None:
    def fetch(_: str) -> Failure:
        return Failure("refused", sent=False, detail="nobody")

    assert list(inspection.differences(HOUSE, known, fetch)) == ["the page can't be read: refused, nobody"]


def test_an_address_that_sends_on_is_told_as_no_page(app: Flask, known: list[assets.Asset]) -> None:
    (told,) = inspection.differences(f"{HOUSE}/", known, server(app))
    assert "it sends on to /dashboard" in told


def test_the_operator_reads_the_inventory(app: Flask, known: list[assets.Asset]) -> None:
    said = app.test_cli_runner().invoke(args=["florin", "scripts"])
    assert said.exit_code == 0, said.output
    told = {entry["name"]: entry["integrity"] for entry in orjson.loads(said.output)}
    assert told == {asset.name: asset.integrity for asset in known}


def test_no_header_names_a_feature_twice() -> None:
    features = re.findall(r"([\w-]+)=\(\)", page_headers.PAGE_HEADERS["Permissions-Policy"])
    assert len(features) == len(set(features)) > 10
