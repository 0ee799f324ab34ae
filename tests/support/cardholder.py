"""A cardholder at the issuer's page of the real bank, with a browser's worth of cookies and no browser."""

import html
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from bank_simulator.challenge_pages import PASSCODE as CODE
from bank_simulator.challenge_pages import QUESTIONS

TIMEOUT_SECONDS = 20
RIGHT = frozenset().union(*(question.right for question in QUESTIONS.values()))


@dataclass
class Cardholder:
    """One visit to a challenge; `back` is where its last page leads."""

    url: str
    browser: requests.Session = field(default_factory=requests.Session)
    page: str = ""

    def open(self) -> str:
        """Load the challenge's page."""
        return self._keep(self.browser.get(self.url, timeout=TIMEOUT_SECONDS))

    def send(self, **fields: str | list[str]) -> str:
        """Send the form that was last shown, and load what it leads to."""
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', self.page)
        data = {"form_token": token[1] if token else "", **fields}
        return self._keep(self.browser.post(self.url, data=data, timeout=TIMEOUT_SECONDS))

    def answer(self, **fields: str) -> str:
        """Open the page, send an answer, and return the path and query of the way back."""
        self.open()
        self.send(**fields)
        return self.back

    def enters_the_code(self) -> str:
        """Pass the challenge; return the way back."""
        return self.answer(code=CODE)

    def answers_rightly(self) -> str:
        """Pass whatever the issuer asks for; return the way back."""
        self.open()
        if 'name="code"' in self.page:
            self.send(code=CODE)
        elif 'name="approve"' in self.page:
            self.send(approve="yes")
        else:
            self.send(choice=[key for key in RIGHT if f'value="{key}"' in self.page])
        return self.back

    def cancels(self) -> str:
        """Cancel the payment; return the way back."""
        return self.answer(cancel="yes")

    @property
    def state(self) -> str:
        """How the challenge has ended, as the page says it."""
        found = re.search(r'data-state="(\w+)"', self.page)
        return found[1] if found else "open"

    @property
    def back(self) -> str:
        """Where the ended challenge's page leads, at Florin."""
        found = re.search(r'id="onward" href="([^"]+)"', self.page)
        assert found is not None, self.page
        parts = urlsplit(html.unescape(found[1]))
        return f"{parts.path}?{parts.query}"

    def _keep(self, response: requests.Response) -> str:
        assert response.status_code in (200, 400, 422), response.text
        self.page = response.text
        return self.page
