"""The picture proxy: signed addresses, public servers only, small and soon, pictures and nothing else."""

import re
import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from itsdangerous import URLSafeSerializer

from checkout import images, pictures
from kit.addresses import Reach
from tests.support.buyer import SHOP, Buyer, Till
from tests.support.hosted_page import session_params
from tests.support.picture_server import answer, drip, picture_server, redirect

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
KINDS = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0" + b"\0" * 50,
    "image/gif": b"GIF89a" + b"\0" * 50,
    "image/webp": b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 50,
}
NONE = {
    "page.png": b"<!doctype html><script>alert(1)</script>",
    "drawing.png": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "sound.png": b"RIFF\x24\0\0\0WAVEfmt ",
    "nothing.png": b"",
}


@pytest.fixture(autouse=True)
def empty_shelf() -> Iterator[None]:
    pictures.forget()
    yield
    pictures.forget()


def address(app: Flask, url: str, *, livemode: bool = False) -> str:
    with app.test_request_context():
        found = images.address_of(url, livemode=livemode, letter="<")
    assert found
    return found


def test_a_product_is_shown_by_its_picture(app: Flask, till: Till) -> None:
    lines = session_params(SHOP)["line_items"]
    asked: list[str] = []
    with picture_server({"rose.png": PNG}, asked) as server:
        lines[0]["price_data"]["product_data"]["images"] = [f"{server}/rose.png", f"{server}/other.png"]
        html = Buyer(app, till.open_session(line_items=lines)).open().html
        assert server not in html  # the browser is told of no other origin
        assert asked == []  # and the page waits for no picture
        shown = re.findall(
            r'<img src="(/c/image/[^"]+)" width="48" height="48" loading="lazy"[^>]* alt="">', html
        )
        assert len(shown) == 1
        response = app.test_client().get(shown[0])
    assert (response.status_code, response.content_type, response.data) == (200, "image/png", PNG)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "max-age" in response.headers["Cache-Control"]
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("media_type", KINDS)
def test_a_picture_is_what_its_bytes_say(app: Flask, media_type: str) -> None:
    def call_it_html(handler: object) -> None:
        answer(handler, KINDS[media_type], "text/html")  # type: ignore[arg-type]

    with picture_server({"a": call_it_html}) as server:
        response = app.test_client().get(address(app, f"{server}/a"))
    assert (response.status_code, response.content_type) == (200, media_type)


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_picture_is_not_passed_on_whatever_it_is_called(app: Flask, name: str) -> None:
    with picture_server(NONE) as server:
        response = app.test_client().get(address(app, f"{server}/{name}"))
    assert (response.status_code, response.content_type) == (404, "image/svg+xml")
    assert b"alert" not in response.data
    assert b">&lt;</text>" in response.data  # the letter in its place
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_picture_that_is_not_there_or_elsewhere_is_none(app: Flask) -> None:
    with picture_server({"moved.png": redirect, "good.png": PNG}) as server:
        assert app.test_client().get(address(app, f"{server}/moved.png")).status_code == 404
        assert app.test_client().get(address(app, f"{server}/none.png")).status_code == 404
    assert app.test_client().get(address(app, f"{server}/good.png")).status_code == 404  # the server has gone


def test_a_huge_picture_is_not_read_to_its_end(app: Flask) -> None:
    huge = PNG + b"\0" * (pictures.MAXIMUM_BYTES + 1)
    fits = PNG.ljust(pictures.MAXIMUM_BYTES, b"\0")
    with picture_server({"huge.png": huge, "fits.png": fits}) as server:
        assert app.test_client().get(address(app, f"{server}/huge.png")).status_code == 404
        assert app.test_client().get(address(app, f"{server}/fits.png")).status_code == 200


def test_a_server_that_drips_is_left_in_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "TIMEOUT_SECONDS", 0.4)
    with picture_server({"drip.png": drip}) as server:
        started = time.monotonic()
        assert app.test_client().get(address(app, f"{server}/drip.png")).status_code == 404
        assert time.monotonic() - started < 2


def test_slow_pictures_take_no_place_from_payments(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The house under test has as many places as `./run` has, two; here four customers wait for pictures."""
    monkeypatch.setattr(pictures, "TIMEOUT_SECONDS", 1.5)
    asked: list[str] = []
    statuses: list[int] = []

    def look(path: str) -> None:
        statuses.append(app.test_client().get(path).status_code)

    with picture_server({"one.png": drip, "two.png": drip}, asked) as server:
        wanted = [address(app, f"{server}/{name}.png") for name in ("one", "two", "one", "one")]
        looking = [threading.Thread(target=look, args=(path,), daemon=True) for path in wanted]
        for thread in looking:
            thread.start()
        while len(asked) < 2:
            time.sleep(0.01)
        started = time.monotonic()
        assert app.test_client().get("/openapi.json").status_code == 200
        assert time.monotonic() - started < 1
        for thread in looking:
            thread.join(5)
    assert statuses == [404] * 4  # nobody waits for ever for whoever waits for a place


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/a.png", "http://localhost:9/a.png", "http://[::1]:9/a.png", "http://10.0.0.1/a.png",
        "http://169.254.169.254/latest/meta-data", "http://[::ffff:127.0.0.1]:9/a.png", "http://0.0.0.0:9/a",
        "http://2130706433/a.png", "http://192.168.1.1/a.png", "http://[fd00:ec2::254]/a", "http://100.64.0.1/a",
    ],
)  # fmt: skip
def test_nothing_within_a_network_is_reached_in_live_mode(app: Flask, url: str) -> None:
    assert app.test_client().get(address(app, url, livemode=True)).status_code == 404
    found = pictures.fetched(url, "public")
    assert isinstance(found, str)
    assert found.startswith(("denied", "invalid_url"))


@pytest.mark.parametrize("port", [22, 25, 3306, 5432, 6379, 8080, 8443, 9200])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_other_port_than_the_webs_own_is_asked_in_live_mode(
    monkeypatch: pytest.MonkeyPatch, scheme: str, port: int
) -> None:
    asked: list[str] = []

    def noted(url: str, _: Reach) -> str:
        asked.append(url)
        return "nothing there"

    monkeypatch.setattr(pictures, "_fetch", noted)
    found = pictures.fetched(f"{scheme}://shop.example:{port}/a.png", "public")
    assert str(found).startswith(f"denied: port {port}")
    assert asked == []
    for good in (
        f"{scheme}://shop.example/a.png",
        "http://shop.example:80/b.png",
        "https://shop.example:443/b",
    ):
        pictures.fetched(good, "public")
    pictures.fetched(f"{scheme}://shop.example:{port}/c.png", "loopback")
    assert len(asked) == 4


def test_test_mode_reaches_as_far_as_its_webhooks(app: Flask) -> None:
    with picture_server({"a.png": PNG}) as server:
        assert app.test_client().get(address(app, f"{server}/a.png")).status_code == 200
        assert app.test_client().get(address(app, f"{server}/a.png", livemode=True)).status_code == 404
    assert pictures.fetched("http://169.254.169.254/a.png", "loopback") != pictures.BUSY


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.example/x", "gopher://a.example", "//a.example/x"]
)
def test_other_schemes_are_asked_for_nothing(url: str) -> None:
    assert str(pictures.fetched(url, "loopback")).startswith("invalid_url")


def test_only_an_address_that_the_house_has_signed_is_fetched(app: Flask) -> None:
    asked: list[str] = []
    with picture_server({"a.png": PNG}, asked) as server:
        good = address(app, f"{server}/a.png")
        forged = URLSafeSerializer("another key", salt=images.SALT).dumps([0, f"{server}/a.png", ""])
        other = URLSafeSerializer(str(app.secret_key), salt="another use").dumps([0, f"{server}/a.png", ""])
        for token in (forged, other, good[len("/c/image/") : -1], "x", f"{server}/a.png", "%00", "." * 5000):
            response = app.test_client().get(f"/c/image/{token}")
            assert response.status_code == 404
    assert asked == []


def test_a_picture_is_fetched_once_and_a_failure_is_remembered_too(app: Flask) -> None:
    asked: list[str] = []
    with picture_server({"a.png": PNG}, asked) as server:
        for _ in range(3):
            app.test_client().get(address(app, f"{server}/a.png"))
            app.test_client().get(address(app, f"{server}/none.png"))
    assert sorted(asked) == ["/a.png", "/none.png"]


def test_the_shelf_holds_so_many_bytes_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "SHELF_BYTES", 1000)
    reach: Reach = "loopback"
    for number in range(20):
        pictures._shelf.put((f"http://a.example/{number}", reach), pictures.Picture("image/png", b"x" * 300))
    assert pictures._shelf.weight == 900
    assert len(pictures._shelf.places) == 3
    assert pictures._shelf.get(("http://a.example/19", reach)) is not None
    assert pictures._shelf.get(("http://a.example/0", reach)) is None


def test_pictures_never_take_all_threads_of_a_server(app: Flask) -> None:
    taken = [pictures._busy.acquire(blocking=False) for _ in range(pictures.MOST_AT_ONCE)]
    try:
        assert all(taken)
        response = app.test_client().get(address(app, "http://127.0.0.1:9/a.png"))
        assert (response.status_code, response.headers["Cache-Control"]) == (404, "no-store")
    finally:
        for _ in taken:
            pictures._busy.release()
