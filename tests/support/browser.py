"""A real Chromium for the journeys, and a shop for it to come back to; nothing leaves this machine."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser: Debian's own, else the one that Playwright has fetched."""
    installed = next(filter(None, map(shutil.which, CANDIDATES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """What a page asked for and complained of, so that a journey can say that it did neither."""

    origins: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)


def watch(page: Page) -> Watched:
    """Note every origin that the page's requests go to, every error, warning and CSP violation."""
    seen = Watched()

    def asked(request: Request) -> None:
        parts = urlsplit(request.url)
        seen.origins.add(f"{parts.scheme}://{parts.netloc}")

    def said(message: ConsoleMessage) -> None:
        # Chromium reports every document that is answered with 4xx; a decline is one on purpose.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            seen.complaints.append(message.text)

    page.on("request", asked)
    page.on("console", said)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    return seen


WELCOME = "<!doctype html><title>Rosie's Roses</title><h1>Welcome back</h1>"


class _Landing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.visits.append((self.path, self.headers.get("Referer")))  # type: ignore[attr-defined]
        body = self.server.pages.get(self.path, WELCOME).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The shop keeps its visits, not a log on the terminal."""


@dataclass(frozen=True)
class Shop:
    """The merchant's site: its address, each visit's path and Referer, and its own pages by their paths."""

    url: str
    visits: list[tuple[str, str | None]]
    pages: dict[str, str] = field(default_factory=dict)

    def paths(self) -> list[str]:
        return [path for path, _ in self.visits if not path.startswith("/favicon")]


@contextmanager
def shop() -> Iterator[Shop]:
    """A merchant's site that greets whoever comes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Landing)
    server.visits, server.pages = [], {}  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        yield Shop(url, server.visits, server.pages)  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
