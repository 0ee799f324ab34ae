"""Journeys with the official binary against real processes: what a tester types, and what comes of it."""

import json
from collections.abc import Iterator

import pytest
import stripe
from sqlalchemy import select, update

from kit.database import db
from tests.cli.house import House
from tests.cli.official import StripeCli
from tests.support.desk import Shop
from tests.support.processes import wait_until
from tests.webhooks.conftest import Sink
from webhooks.cli.sessions import CliSession

pytestmark = pytest.mark.slow

READY = "Ready!"
TRIES = "Attempting to connect"


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def sdk(florin: House, tester: Shop) -> stripe.StripeClient:
    """The merchant's SDK over real sockets."""
    return stripe.StripeClient(tester.secret_key, base_addresses={"api": florin.base_url})


def secret_of(cli: StripeCli) -> str:
    return cli.prints("listen", "--print-secret").strip()


def connection_of(florin: House, tester: Shop) -> str | None:
    """What serves the merchant's only connected session at present."""
    with florin.app.app_context():
        row = CliSession
        mine = select(row.connection).where(row.account_id == tester.account_id, row.connection.is_not(None))
        return db.session.scalar(mine)


def test_listen_prints_and_forwards_an_event_whose_signature_verifies_and_comes_back(
    florin: House, tester: Shop, cli: StripeCli, sdk: stripe.StripeClient, sink: Sink
) -> None:
    secret = secret_of(cli)
    with cli.start("listen", "--all-snapshot", "--skip-update", "--forward-to", sink.url) as listening:
        assert secret in listening.wait_for(READY)
        customer = sdk.v1.customers.create({"email": "jenny@example.com"})
        listening.wait_for("customer.created")
        (received,) = sink.wait_for(1)
        event = received.verified(secret)
        assert event.data.object["id"] == customer.id
        said = listening.wait_for(f"<--  [200] POST {sink.url}")
        assert event.id in said
        before = connection_of(florin, tester)
        wait_until(lambda: connection_of(florin, tester) != before, "the CLI has gone and come back")
        sdk.v1.customers.update(customer.id, {"name": "Jenny"})
        listening.wait_for("customer.updated")
        seen = [one.verified(secret).type for one in sink.wait_for(2)]
        assert seen == ["customer.created", "customer.updated"]  # nothing twice
        # Sent again by the CLI's own command.
        cli.prints("events", "resend", event.id)
        listening.wait_for("customer.created", 2)
        assert sink.wait_for(3)[2].verified(secret).id == event.id


def test_listen_survives_the_end_of_its_session_and_a_restart_of_florin(
    florin: House, cli: StripeCli, sdk: stripe.StripeClient, tester: Shop
) -> None:
    """The CLI waits ten seconds before it tries again, so both happen to two of them at a time."""
    arguments = ("listen", "--all-snapshot", "--skip-update", "--device-name")
    with (
        cli.start(*arguments, "expiring", "--log-level", "debug") as expiring,
        cli.start(*arguments, "stays") as stays,
    ):
        expiring.wait_for(READY)
        stays.wait_for(READY)
        with florin.app.app_context():
            mine = CliSession.account_id == tester.account_id
            ended = update(CliSession).where(mine, CliSession.device_name == "expiring")
            db.session.execute(ended.values(expires_at=1))
        tries = expiring.wait_for("Websocket session is expired").count(TRIES)
        florin.stop()
        florin.start()
        expiring.wait_for(TRIES, tries + 1)  # under a new session, which is open already
        sdk.v1.customers.create({})
        event_id = sdk.v1.events.list({"limit": 1}).data[0].id
        stays.wait_for(event_id)
        expiring.wait_for(event_id)


def test_logs_tail_prints_the_requests_that_it_was_asked_for(
    cli: StripeCli, sdk: stripe.StripeClient
) -> None:
    with cli.start("logs", "tail", "--filter-http-method", "POST") as tailing:
        tailing.wait_for("Ready!")
        sdk.v1.customers.list()
        customer = sdk.v1.customers.create({})
        with pytest.raises(stripe.CardError):
            sdk.v1.payment_intents.create(
                {
                    "amount": 2000,
                    "currency": "usd",
                    "payment_method": "pm_card_visa_chargeDeclined",
                    "confirm": True,
                    "allowed_payment_method_types": ["card"],
                }
            )
        tailing.wait_for("[200] POST /v1/customers")
        said = tailing.wait_for("[402] POST /v1/payment_intents")
        assert "card_declined" in said
        assert "GET" not in said
        assert customer.id not in said
    with cli.start("logs", "tail", "--filter-status-code-type", "4XX") as tailing:
        tailing.wait_for("Ready!")
        sdk.v1.customers.list()
        with pytest.raises(stripe.InvalidRequestError):
            sdk.v1.customers.retrieve("cus_absent")
        assert "[200]" not in tailing.wait_for("[404] GET /v1/customers/cus_absent")


def test_get_and_create_and_resources_are_the_api(cli: StripeCli, sdk: stripe.StripeClient) -> None:
    made = json.loads(cli.prints("customers", "create", "--name", "Jenny Rosen", "-d", "metadata[order]=7"))
    assert sdk.v1.customers.retrieve(made["id"]).to_dict()["metadata"] == {"order": "7"}
    assert json.loads(cli.prints("get", f"/v1/customers/{made['id']}"))["name"] == "Jenny Rosen"
    assert "payment_intents" in cli.run("resources", known=False).stdout


def test_configured_webhooks_are_forwarded_to_as_they_are_configured(
    cli: StripeCli, sdk: stripe.StripeClient, sink: Sink
) -> None:
    sdk.v1.webhook_endpoints.create(
        {"url": "https://shop.example/hooks/florin", "enabled_events": ["customer.created"]}
    )
    secret = secret_of(cli)
    arguments = ("listen", "--use-configured-webhooks", "--all-snapshot", "--skip-update", "--forward-to")
    with cli.start(*arguments, sink.url) as listening:
        listening.wait_for(READY)
        customer = sdk.v1.customers.create({})
        sdk.v1.customers.update(customer.id, {"name": "Not for this endpoint"})
        sdk.v1.customers.create({})
        received = sink.wait_for(2)
    assert [one.path for one in received] == ["/hooks/florin"] * 2
    assert {one.verified(secret).type for one in received} == {"customer.created"}


def test_login_pairs_the_device_by_its_code_and_hands_its_keys_out_once(
    florin: House, cli: StripeCli, tester: Shop
) -> None:
    base = ("--dashboard-base", florin.base_url)
    asked = json.loads(cli.run("login", "--non-interactive", *base, known=False).stdout)
    poll_url = asked["next_step"].split("'")[1]
    desk, path = tester.desk(), asked["browser_url"].removeprefix(florin.base_url)
    page = desk.open(path)
    assert asked["verification_code"] in page.text
    desk.press(page, path)
    done = cli.run("login", "--complete", poll_url, *base, known=False)
    assert done.returncode == 0, done.stderr
    assert tester.account_id in done.stdout
    # From here on the CLI needs no key on its command line.
    customer = cli.run("customers", "create", "--api-base", florin.base_url, known=False)
    assert json.loads(customer.stdout)["object"] == "customer"
    again = cli.run("login", "--complete", poll_url, *base, known=False)
    assert again.returncode != 0
