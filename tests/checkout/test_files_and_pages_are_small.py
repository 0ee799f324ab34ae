"""Static files under their hash, kept for ever and compressed; a page compressed where that is safe."""

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import create_environ

import static_files
from tests.support.buyer import Buyer, Till

PACKED = {"Accept-Encoding": "gzip, deflate, br"}
FIRST_VIEW_BYTES = 60 * 1024


def files_of(html: str) -> list[str]:
    return re.findall(r'(?:href|src)="(/(?:static|c/style)/[^"]+)"', html)


def test_a_pages_files_are_kept_for_ever_and_come_compressed(app: Flask, till: Till) -> None:
    html = Buyer(app, till.open_session()).open().html
    names = files_of(html)
    assert {Path(name).suffix for name in names} >= {".css", ".js", ".svg"}
    for name in names:
        response = app.test_client().get(name, headers=PACKED)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == static_files.FOR_EVER
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Accept-Encoding" in response.headers["Vary"]
        plain = app.test_client().get(name)
        assert "Content-Encoding" not in plain.headers
        if response.headers.get("Content-Encoding") == "gzip":
            assert gzip.decompress(response.data) == plain.data
            assert response.headers["ETag"] != plain.headers["ETag"]
        else:
            assert len(plain.data) < 1024


@pytest.mark.parametrize("packed", ["gzip", "identity"])
def test_a_file_by_the_short_way_is_answered_as_by_flasks(
    app: Flask, monkeypatch: pytest.MonkeyPatch, packed: str
) -> None:
    files = static_files.read(Path(app.root_path) / "static")
    asked = {"Accept-Encoding": packed}
    for name in files:
        path = f"/static/{static_files.version_of(files)}/{name}"
        assert app.short_ways[0](app, create_environ(path, headers=asked)) is not None  # type: ignore[attr-defined]
        short = app.test_client().get(path, headers=asked)
        with monkeypatch.context() as without:
            without.setattr(app, "short_ways", ())
            long = app.test_client().get(path, headers=asked)
        assert (short.status, short.data) == (long.status, long.data)
        del long.headers["Date"]  # which the web server sets for every answer
        assert dict(short.headers) == dict(long.headers)
        again = app.test_client().get(path, headers={**asked, "If-None-Match": short.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_a_script_finds_what_it_imports_under_the_same_hash(app: Flask, till: Till) -> None:
    html = Buyer(app, till.open_session()).open().html
    script = next(name for name in files_of(html) if name.endswith(".js"))
    body = app.test_client().get(script).get_data(as_text=True)
    for imported in re.findall(r'from "\./([^"]+)"', body):
        response = app.test_client().get(f"{script.rpartition('/')[0]}/{imported}")
        assert response.headers["Cache-Control"] == static_files.FOR_EVER
        assert response.content_type == "text/javascript; charset=utf-8"


def test_a_page_of_another_version_gets_what_there_is_and_does_not_keep_it(app: Flask) -> None:
    for address in ("/static/0123456789ab/checkout/checkout.css", "/static/checkout/checkout.css"):
        response = app.test_client().get(address)
        assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-cache")
        again = app.test_client().get(address, headers={"If-None-Match": response.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "address",
    [
        "/static/../app.py",
        "/static/checkout/../../app.py",
        "/static/%2e%2e/app.py",
        "/static/checkout",
        "/static/x.css",
    ],
)
def test_no_other_file_is_served(app: Flask, address: str) -> None:
    assert app.test_client().get(address).status_code == 404


def test_another_byte_is_another_hash(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    before = static_files.version_of(static_files.read(tmp_path))
    (tmp_path / "a.css").write_text("b{}")
    assert static_files.version_of(static_files.read(tmp_path)) != before
    (tmp_path / "a.exe").write_text("")
    with pytest.raises(LookupError):
        static_files.read(tmp_path)


def test_a_page_that_is_asked_for_is_compressed_and_one_that_repeats_what_was_typed_is_not(
    app: Flask, till: Till
) -> None:
    buyer = Buyer(app, till.open_session())
    buyer.headers |= PACKED
    asked = buyer.client.get(buyer.path, headers=buyer.headers)
    assert asked.headers["Content-Encoding"] == "gzip"
    assert b"Marigold" in gzip.decompress(asked.data)
    lengths = {len(buyer.client.get(buyer.path, headers=buyer.headers).data) for _ in range(8)}
    assert len(lengths) > 1  # and its length is blurred
    typed = buyer.client.post(buyer.path, data={"email": "nobody"}, headers=buyer.headers)
    assert "Content-Encoding" not in typed.headers
    assert b"nobody" in typed.data
    assert "Accept-Encoding" in typed.headers["Vary"]


def test_the_first_view_weighs_less_than_sixty_kilobytes(app: Flask, till: Till) -> None:
    looks = {
        "background_color": "#3b1d4a",
        "button_color": "#f2b134",
        "font_family": "lora",
        "border_style": "pill",
    }
    session = till.open_session(
        branding_settings=looks, shipping_address_collection={"allowed_countries": ["IN", "NP", "BD"]}
    )
    buyer = Buyer(app, session, languages="hi-IN")
    page = buyer.client.get(buyer.path, headers=buyer.headers | PACKED)
    weights = {"HTML": len(page.data)}
    names = set(files_of(gzip.decompress(page.data).decode()))
    scripts = {name for name in names if name.endswith(".js")}
    names |= {f"{name.rpartition('/')[0]}/card.js" for name in scripts}
    names |= {
        f"{name.rpartition('/')[0]}/{svg}" for name in scripts for svg in ("rosette.svg", "chevron.svg")
    }
    for name in names:
        response = app.test_client().get(name, headers=PACKED)
        assert response.status_code == 200
        weights[name.rpartition("/")[2]] = len(response.data)
    assert sum(weights.values()) < FIRST_VIEW_BYTES, weights
