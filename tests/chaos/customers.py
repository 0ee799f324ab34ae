"""A customer at the issuer's challenge, with a browser of a few lines: answers and leaves."""

import html
import http.client
import random
import re
import time
from urllib.parse import urlencode, urlsplit

PASSCODE = "424242"
PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 0.2
FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
ONWARD = re.compile(r'id="onward" href="([^"]+)"')


class Gone(Exception):
    """No page came for so long that the customer gave up."""


class Browser:
    """Cookies, GET and POST; a page that does not come is asked for again."""

    def __init__(self) -> None:
        self._cookies: dict[str, str] = {}

    def get(self, url: str) -> str:
        return self._persistently("GET", url, "")

    def post(self, url: str, **form: str) -> str:
        return self._persistently("POST", url, urlencode(form))

    def _persistently(self, method: str, url: str, body: str) -> str:
        begun = time.monotonic()
        while time.monotonic() - begun < PATIENCE_SECONDS:
            try:
                return self._once(method, url, body)
            except (OSError, http.client.HTTPException):
                time.sleep(PAUSE_SECONDS)
        raise Gone(url)

    def _once(self, method: str, url: str, body: str) -> str:
        parts = urlsplit(url)
        line = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE_SECONDS)
        try:
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
            if method == "POST":
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            line.request(method, parts._replace(scheme="", netloc="").geturl(), body or None, headers)
            answer = line.getresponse()
            content = answer.read().decode(errors="replace")
        finally:
            line.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        if answer.status >= 500:
            raise http.client.HTTPException(f"{answer.status} at {url}")
        return content


def takes_the_challenge(url: str, dice: random.Random) -> None:
    """Proves who they are, gives it up or gets it wrong; comes back to the shop or closes the window."""
    browser = Browser()
    try:
        page = browser.get(url)
        if token := FORM_TOKEN.search(page):
            answer = {"code": PASSCODE} if dice.random() < 0.8 else {"cancel": "yes"}
            page = browser.post(url, form_token=token[1], **answer)
        onward = ONWARD.search(browser.get(f"{url}?done="))
        if onward and dice.random() < 0.7:
            browser.get(html.unescape(onward[1]))
            if dice.random() < 0.3:
                browser.get(html.unescape(onward[1]))  # the same way again, as the back button does
    except Gone:
        return
