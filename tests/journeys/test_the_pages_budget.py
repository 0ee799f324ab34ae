"""What the first view costs a browser that has never been here: bytes, requests, shifts, time.

Times are the best of some loads and their bounds generous, since the machine is shared; docs/hosted_page.md
has the figures as measured.
"""

import sys
from dataclasses import dataclass, field
from typing import Any

import pytest
import stripe
from playwright.sync_api import Browser

from tests.support.asked import EVERYTHING
from tests.support.browser import Shop
from tests.support.hosted_page import session_params
from tests.support.scenes import BRANDING

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("served_database", ["sqlite"], indirect=True, scope="session"),
]

MOST_BYTES = 60 * 1024
MOST_REQUESTS = 14
MOST_SHIFT = 0.01  # of which 0.1 is still "good"
MOST_TASK_MS = 200
# The aim is 200 ms on a machine that does nothing else.
INTERACTIVE_WITHIN_MS = 1000
LOADS = 5
# Run before anything of the page: what moved, what held the browser up, when the page's script was done.
METERS = """
const met = window.met = {shift: 0, longest: 0, ready: null};
const hear = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take))
  .observe({type, buffered: true});
hear('layout-shift', (one) => { met.shift += one.value; });
hear('longtask', (one) => { met.longest = Math.max(met.longest, one.duration); });
const isReady = () => document.body && document.body.classList.contains('scripted');
new MutationObserver(() => { if (met.ready === null && isReady()) met.ready = performance.now(); })
  .observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: ['class']});
"""


@dataclass
class Load:
    """One load of a page into a browser without a cache."""

    wire_bytes: int = 0  # compressed, with headers, as Chromium received them
    requests: list[str] = field(default_factory=list)
    fonts: int = 0
    origins: set[str] = field(default_factory=set)
    shift: float = 0
    longest_task_ms: float = 0
    interactive_ms: float = 0


def loaded(browser: Browser, url: str) -> Load:
    context = browser.new_context(locale="hi-IN", viewport={"width": 390, "height": 844})
    page, load = context.new_page(), Load()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")

    def finished(event: dict[str, Any]) -> None:
        load.wire_bytes += int(event["encodedDataLength"])

    def asked(event: dict[str, Any]) -> None:
        address = event["request"]["url"]
        load.requests.append(address)
        load.fonts += event.get("type") == "Font"
        if not address.startswith("data:"):
            load.origins.add("/".join(address.split("/")[:3]))

    wire.on("Network.loadingFinished", finished)
    wire.on("Network.requestWillBeSent", asked)
    page.add_init_script(METERS)
    page.goto(url)
    page.wait_for_load_state("networkidle")
    met = page.evaluate("window.met")
    load.shift, load.longest_task_ms = met["shift"], met["longest"]
    assert met["ready"] is not None, "the page's script did not get to its end"
    load.interactive_ms = met["ready"]
    context.close()
    return load


@pytest.mark.parametrize("asks", [{}, EVERYTHING], ids=["plain", "all that it may ask"])
def test_the_first_view_keeps_within_its_budget(
    browser: Browser, merchant: stripe.StripeClient, shop: Shop, asks: dict[str, Any]
) -> None:
    given: Any = session_params(shop.url, branding_settings=BRANDING, **asks)
    url = merchant.v1.checkout.sessions.create(given).url or ""
    loads = [loaded(browser, url) for _ in range(LOADS)]
    for load in loads:
        assert load.wire_bytes <= MOST_BYTES, load
        assert len(load.requests) <= MOST_REQUESTS, load
        assert (len(load.origins), load.fonts) == (1, 0), load
        assert load.shift <= MOST_SHIFT, load
    told = ", ".join(f"{ready:.0f}" for ready in sorted(load.interactive_ms for load in loads))
    sys.stdout.write(f"\ninteractive after {told} ms; {loads[0].wire_bytes:,} bytes\n")  # seen with -s
    assert min(load.longest_task_ms for load in loads) <= MOST_TASK_MS
    assert min(load.interactive_ms for load in loads) <= INTERACTIVE_WITHIN_MS
