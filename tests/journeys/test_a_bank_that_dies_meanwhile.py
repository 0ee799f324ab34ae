"""The bank dies while a buyer pays: the page waits, asks again by itself, and ends in the truth."""

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import stripe
from playwright.sync_api import Page, expect

from config import load
from launcher import children
from launcher.children import Child
from launcher.places import LOOPBACK
from launcher.stack import is_healthy
from payments.bank import acquirers
from tests.support import gateway as gateway_server
from tests.support.bank import NOBODY, SECRET, Bank
from tests.support.browser import Shop
from tests.support.databases import new_sqlite
from tests.support.factories import create_merchant
from tests.support.hosted_page import fill, press_pay, session_params, stripe_client, succeeded_charges
from tests.support.houses import opened
from tests.support.ports import free_port
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow

GIVES_UP_MS = 1500
# Longer than Florin waits for an answer or a look at the books: what is asked is done and never heard of.
SLOW_MS = 7000
RECOVERY_MS = 60_000  # the promise: so long after the bank is back, every payment has its end
WAITING = "Waiting for your bank"


class MortalBank:
    """A bank at one address, with one set of books, that is killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.child: Child | None = None

    def start(self, **variables: str) -> None:
        settings = {
            **os.environ,
            "BANK_PORT": str(self.port),
            "BANK_SECRET": SECRET,
            "BANK_NOTICE_URL": NOBODY,
            "DATA_DIR": str(self.folder),
            **variables,
        }
        command = [sys.executable, "-m", "bank_simulator"]
        log = self.folder / "bank.log"
        self.child = children.start("bank", command, settings, log, dies_with_parent=False)
        wait_until(lambda: is_healthy(f"{self.url}/health"), "the bank answers", self.child)

    def stun(self) -> None:
        """Let it hear nothing more, though the kernel still takes what is sent to it."""
        assert self.child is not None
        os.killpg(self.child.process.pid, signal.SIGSTOP)

    def kill(self) -> None:
        if self.child is not None:
            children.kill([self.child])

    def approvals(self) -> int:
        """How many payments it has approved, read from its books."""
        with closing(sqlite3.connect(f"file:{self.folder}/bank.sqlite3?mode=ro", uri=True)) as books:
            count = "SELECT count(*) FROM bank_journal WHERE kind = 'authorization' AND outcome = 'approved'"
            found: int = books.execute(count).fetchone()[0]
            return found


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[MortalBank]:
    bank = MortalBank(tmp_path)
    yield bank
    bank.kill()


@pytest.fixture
def seller(mortal: MortalBank, tmp_path: Path) -> Iterator[stripe.StripeClient]:
    """A merchant at a gateway of its own, whose only bank is the mortal one."""
    variables = gateway_server.variables(new_sqlite(tmp_path), Bank(mortal.url, SECRET), tmp_path)
    kept = dict(acquirers)
    with opened(load(variables)) as app:
        _, secret_key = create_merchant(app)
    acquirers.update(kept)  # the other tests' lines
    given = {**variables, "BANK_TIMEOUT_MS": str(GIVES_UP_MS)}
    with gateway_server.server(given, tmp_path) as base_url:
        yield stripe_client(secret_key, base_url)


def open_order(seller: stripe.StripeClient, shop: Shop) -> stripe.checkout.Session:
    return seller.v1.checkout.sessions.create(session_params(shop.url))  # type: ignore[arg-type]


def pay_and_wait(buyer: Page, session: stripe.checkout.Session) -> None:
    buyer.goto(session.url or "")
    fill(buyer)
    press_pay(buyer)
    expect(buyer.get_by_role("heading", name=WAITING)).to_be_visible()


def test_a_payment_that_it_took_before_it_died_ends_at_the_shop(
    mortal: MortalBank, seller: stripe.StripeClient, shop: Shop, buyer: Page
) -> None:
    mortal.start(BANK_LATENCY_MS=str(SLOW_MS))
    session = open_order(seller, shop)
    pay_and_wait(buyer, session)
    wait_until(lambda: mortal.approvals() == 1, "the bank has approved")
    mortal.kill()
    with buyer.expect_response(lambda answer: "waiting=" in answer.url):  # the page asks again by itself ...
        pass
    expect(buyer.get_by_role("heading", name=WAITING)).to_be_visible()  # ... and knows nothing yet
    mortal.start()
    expect(buyer).to_have_url(f"{shop.url}/thanks?session_id={session.id}", timeout=RECOVERY_MS)
    assert len(succeeded_charges(seller, session.id)) == 1
    assert seller.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert mortal.approvals() == 1


def test_a_payment_that_it_never_heard_of_ends_with_the_form_and_can_be_made(
    mortal: MortalBank, seller: stripe.StripeClient, shop: Shop, page: Page
) -> None:
    mortal.start()
    session = open_order(seller, shop)
    mortal.stun()
    pay_and_wait(page, session)
    mortal.kill()
    mortal.start()
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("error", ignore_case=True, timeout=RECOVERY_MS)
    expect(problem).to_contain_text("No money has been taken")
    assert mortal.approvals() == 0
    fill(page)
    press_pay(page)
    expect(page).to_have_url(f"{shop.url}/thanks?session_id={session.id}")
    assert len(succeeded_charges(seller, session.id)) == 1
    assert mortal.approvals() == 1
