"""A browser tab without a browser: the hosted page of a real server, with cookies of its own."""

import re

import requests

from tests.support.hosted_page import TYPED

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Tab:
    """One tab in which the page is already open."""

    def __init__(self, url: str) -> None:
        self.url = url.partition("#")[0]
        self.browser = requests.Session()
        self.open()

    def open(self) -> requests.Response:
        """Load the page and keep its CSRF token."""
        shown = self.browser.get(self.url, timeout=30)
        if found := TOKEN.search(shown.text):
            self.token = found[1]
        return shown

    def pay(self, **typed: str) -> requests.Response:
        """Press the button with a card typed."""
        data = {"csrf_token": self.token, **TYPED, **typed}
        return self.browser.post(self.url, data=data, timeout=60)

    def close(self) -> None:
        self.browser.close()
