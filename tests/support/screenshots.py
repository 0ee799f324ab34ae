"""Takes pictures of the hosted page: `python -m tests.support.screenshots FOLDER [WORD...]`.

Without words every page is taken at every width, light and dark; with words only those whose name has one of
them. `docs` as the folder renews those of docs/screenshots that are of our own pages, not the bank's.
"""

import functools
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, Page

from app import create_app
from config import load
from kit import database
from kit.database import db
from payments.merchants import Merchant
from tests.support import bank, browser, gateway
from tests.support.buyer import Till
from tests.support.databases import new_sqlite
from tests.support.factories import create_merchant
from tests.support.picture_server import drawn, picture_server
from tests.support.scenes import Scenes, scenes

WIDTHS = {320: 640, 360: 740, 768: 1024, 1440: 900}
SCHEMES = ("light", "dark")
DOCS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
# Name in docs/screenshots -> scene, width and scheme.
RENEWED: dict[str, tuple[str, int, str]] = {
    "hosted-page": ("pay", 1440, "light"),
    "hosted-page-declined-phone": ("declined", 360, "light"),
    "hosted-page-branded": ("branded", 1440, "light"),
    "hosted-page-dark": ("pay", 1440, "dark"),
    "hosted-page-arabic": ("arabic", 360, "light"),
    "dashboard_branding": ("branding", 1440, "light"),
    "dashboard_overview": ("overview", 1440, "light"),
    "dashboard_payment": ("payment", 1440, "light"),
    "dashboard_payment_link": ("links", 1440, "light"),
    "dashboard_ledger": ("ledger", 1440, "light"),
    "dashboard_trail": ("trail", 1440, "light"),
    "hosted-page-mistakes": ("mistakes", 360, "light"),
    "hosted-page-counting-down": ("counting", 360, "light"),
    "hosted-page-more-time": ("extended", 360, "dark"),
    "framed-page": ("framed", 768, "light"),
    "framed-page-declined": ("framed_declined", 360, "light"),
    "framed-page-paid": ("framed_paid", 360, "dark"),
    "ways-to-pay": ("methods", 1440, "light"),
    "testers-panel": ("panel", 768, "light"),
    "hosted-page-all-asked": ("asked", 768, "light"),
    "hosted-page-save-a-card": ("saves", 360, "light"),
    "hosted-page-bank-waits": ("challenged", 360, "light"),
    "hosted-page-waiting": ("waiting", 360, "light"),
    "hosted-page-paid": ("paid", 360, "light"),
    "hosted-page-expired": ("expired", 360, "dark"),
}


@contextmanager
def house(folder: Path) -> Iterator[Flask]:
    """A gateway with its bank on an SQLite database, and the same app in this process to open sessions by."""
    with bank.server(folder) as running:
        given = gateway.variables(new_sqlite(folder), running, folder)
        with gateway.server(given, folder) as base_url:
            yield create_app(load({**given, "PUBLIC_URL": base_url}))


def take(chromium: Browser, scene: Callable[[Page], object], view: tuple[int, Any], path: Path) -> None:
    """Take one picture, at a width and in a scheme."""
    width, scheme = view
    context = chromium.new_context(
        locale="ar" if "arabic" in path.name else "en-IN",
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme=scheme,
    )
    page = context.new_page()
    scene(page)
    page.wait_for_load_state("networkidle")
    if page.main_frame.child_frames:  # of a frame of another site only what is within the window is drawn
        page.set_viewport_size({"width": width, "height": page.evaluate("document.body.scrollHeight")})
        page.wait_for_timeout(500)
    page.screenshot(path=path, full_page=width < 900)
    context.close()


def main(folder: str, words: list[str]) -> None:
    """Take the pictures that are asked for."""
    to = DOCS if folder == "docs" else Path(folder)
    to.mkdir(parents=True, exist_ok=True)
    asked = (
        RENEWED
        if folder == "docs"
        else {
            f"{scene}-{width}-{scheme}": (scene, width, scheme)
            for scene in scenes()
            for width in WIDTHS
            for scheme in SCHEMES
        }
    )
    with (
        tempfile.TemporaryDirectory() as place,
        house(Path(place)) as app,
        browser.shop() as shop,
        picture_server({"marigold.png": drawn(96, 96), "rose.png": drawn(64, 64), "wide.png": drawn(320, 72)})
        as pictures_url,
        browser.chromium() as chromium,
    ):  # fmt: skip
        stage = Scenes(Till(app, merchant_with_contact(app)), shop, pictures_url)
        for name, (scene, width, scheme) in asked.items():
            if not words or any(word in name for word in words):
                act = functools.partial(scenes()[scene], stage)
                take(chromium, act, (width, scheme), to / f"{name}.png")


def merchant_with_contact(app: Flask) -> str:
    """Open a merchant whose customers know where to ask; return its key."""
    merchant, secret_key = create_merchant(app)
    with app.app_context():
        row = db.session.get_one(Merchant, merchant.id)
        row.business_profile = {"support_email": "help@roses.example", "support_phone": "+91 80 5555 0100"}
        database.commit()
    return secret_key


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
