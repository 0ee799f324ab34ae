"""A customer at the bank's page of a payment without a card, with cookies and no browser."""

import html
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

TIMEOUT_SECONDS = 20
LOG_IN = {"customer": "4711", "password": "secret"}
AT_THE_BANK = [LOG_IN, {"account": "current", "do": "approve"}]

# Type -> what is sent from page to page; the last word is what differs between the endings.
STEPS: dict[str, dict[str, list[dict[str, str]]]] = {
    "upi": {
        "good": [{"vpa": "success@upi"}],
        "bad": [{"vpa": "failure@upi"}],
        "pending": [{"vpa": "pending@upi"}],
    },
    "x_netbanking": {
        "good": [{"bank": "lotus_bank"}, *AT_THE_BANK],
        "bad": [{"bank": "lotus_bank"}, LOG_IN, {"account": "empty", "do": "approve"}],
        "pending": [{"bank": "lotus_bank"}, LOG_IN, {"account": "joint", "do": "approve"}],
    },
    "amazon_pay": {
        "good": [{"card": "4242", "do": "approve"}],
        "bad": [{"card": "0002", "do": "approve"}],
        "pending": [{"card": "4444", "do": "approve"}],
    },
    "klarna": {
        "good": [{"plan": "pay_in_installments", "agree": "yes", "do": "approve"}],
        "bad": [{"do": "cancel"}],
        "pending": [{"email": "a+pending@b.example", "plan": "pay_later", "agree": "yes", "do": "approve"}],
    },
    "ideal": {
        "good": [{"bank": "rabobank"}, *AT_THE_BANK],
        "bad": [{"bank": "rabobank"}, LOG_IN, {"do": "cancel"}],
        "pending": [{"bank": "rabobank"}, LOG_IN, {"account": "joint", "do": "approve"}],
    },
}


@dataclass
class Payer:
    """One visit to a payment's page at the bank."""

    url: str
    browser: requests.Session = field(default_factory=requests.Session)
    page: str = ""

    def open(self) -> str:
        """Load the page."""
        return self._keep(self.browser.get(self.url, timeout=TIMEOUT_SECONDS))

    def send(self, **fields: str) -> str:
        """Open the page and send its form."""
        return self._post(self.url, fields)

    def on_the_phone(self, deed: str) -> str:
        """Approve or refuse where UPI asks."""
        return self._post(self.url.replace("/pay/", "/phone/"), {"do": deed})

    def goes(self, method: str, ending: str) -> None:
        """Take every step of an ending."""
        for sent in STEPS[method][ending]:
            self.send(**sent)

    @property
    def back(self) -> str:
        """The path and query of the way back to Florin."""
        self.open()
        found = re.search(r'id="return" href="([^"]+)"', self.page)
        assert found is not None, self.page
        parts = urlsplit(html.unescape(found[1]))
        return f"{parts.path}?{parts.query}"

    def _post(self, url: str, fields: dict[str, str]) -> str:
        page = self.browser.get(url, timeout=TIMEOUT_SECONDS).text
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
        data = {"form_token": token[1] if token else "", **fields}
        return self._keep(self.browser.post(url, data=data, timeout=TIMEOUT_SECONDS))

    def _keep(self, response: requests.Response) -> str:
        assert response.status_code == 200, response.text
        self.page = response.text
        return self.page
