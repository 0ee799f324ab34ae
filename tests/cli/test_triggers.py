"""`stripe trigger`: each that is in scope is followed by a new event of exactly its type."""

import time
from pathlib import Path

import pytest
import stripe

from kit import database
from payments.balance.bank_accounts import BankAccount
from payments.scope import acting_as, system
from tests.cli.house import House
from tests.cli.official import StripeCli
from tests.cli.triggers import IN_SCOPE, OUT_OF_SCOPE
from tests.support.desk import Shop, open_shop

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 90.0
BANK_ACCOUNT = {"country": "US", "account_number": "000123456789", "routing_number": "110000000"}


@pytest.fixture(scope="module")
def merchant(florin: House) -> Shop:
    """One merchant for all triggers, as a tester has it; its money can be paid out."""
    shop = open_shop(florin.app)
    with florin.app.app_context(), acting_as(system(shop.account_id, livemode=False)):
        BankAccount.create({**BANK_ACCOUNT, "currency": "usd"})
        database.commit()
    return shop


@pytest.fixture(scope="module")
def stripe_cli(florin: House, merchant: Shop, tmp_path_factory: pytest.TempPathFactory) -> StripeCli:
    folder: Path = tmp_path_factory.mktemp("tester")
    return florin.cli(merchant, folder)


@pytest.fixture(scope="module")
def sdk(florin: House, merchant: Shop) -> stripe.StripeClient:
    return stripe.StripeClient(merchant.secret_key, base_addresses={"api": florin.base_url})


def newest(sdk: stripe.StripeClient, name: str) -> str | None:
    events = sdk.v1.events.list({"type": name, "limit": 1}).data
    return events[0].id if events else None


@pytest.mark.parametrize("name", IN_SCOPE)
def test_a_trigger_is_followed_by_its_event(
    stripe_cli: StripeCli, sdk: stripe.StripeClient, name: str
) -> None:
    before = newest(sdk, name)
    assert "Trigger succeeded!" in stripe_cli.prints("trigger", name)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while newest(sdk, name) == before:
        assert time.monotonic() < deadline, f"no {name} came"
        time.sleep(0.1)


@pytest.mark.parametrize("name", OUT_OF_SCOPE)
def test_what_is_out_of_scope_is_refused_in_stripes_words(stripe_cli: StripeCli, name: str) -> None:
    done = stripe_cli.run("trigger", name)
    assert done.returncode != 0
    assert "Unrecognized request URL" in done.stdout + done.stderr
