"""A merchant whose endpoint the house disables is told by mail: each user once, and again the next time."""

import pytest
from flask import Flask

from tests.receipts.conftest import send
from tests.support.desk import open_shop
from tests.support.mail_server import Inbox
from webhooks import delinquency, jobs
from webhooks.delinquency import REASON
from webhooks.outbox import Claim


def test_each_user_is_told_which_endpoint_and_why(app: Flask, inbox: Inbox) -> None:
    shop = open_shop(app, name="Rosie's Roses")
    url = "https://shop.example/hook"
    endpoint = shop.till.post("/v1/webhook_endpoints", {"url": url, "enabled_events": ["*"]})
    claim = Claim("whd_1", "evt_1", endpoint["id"], shop.account_id, False, 1, 1)

    def disabled() -> None:
        with app.app_context():
            jobs.disable(claim, REASON)
            jobs.disable(claim, REASON)  # by another worker, at the same time

    disabled()
    assert send(app) == 1
    (message,) = inbox.to(shop.email)
    assert "disabled" in message["Subject"]
    part = message.get_body(("plain",))
    assert part is not None
    for words in (url, REASON, f"/dashboard/webhooks/{endpoint['id']}"):
        assert words in part.get_content()
    shop.till.post(f"/v1/webhook_endpoints/{endpoint['id']}", {"disabled": False})
    disabled()
    assert send(app) == 1


def test_two_workers_who_disable_it_at_once_write_once_and_both_go_on(
    app: Flask, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop(app)
    given = {"url": "https://shop.example/hook", "enabled_events": ["*"]}
    endpoint = shop.till.post("/v1/webhook_endpoints", given)
    claim = Claim("whd_1", "evt_1", endpoint["id"], shop.account_id, False, 1, 1)
    others = list(delinquency.subscribers)

    def another_worker_is_faster(*_: object) -> None:
        monkeypatch.setattr(delinquency, "subscribers", others)
        with app.app_context():
            jobs.disable(claim, REASON)

    monkeypatch.setattr(delinquency, "subscribers", [*others, another_worker_is_faster])
    with app.app_context():
        jobs.disable(claim, REASON)
    assert shop.till.get(f"/v1/webhook_endpoints/{endpoint['id']}")["status"] == "disabled"
    assert (send(app), len(inbox.to(shop.email))) == (1, 1)


def test_a_merchant_who_disables_an_endpoint_is_not_written_to(app: Flask, inbox: Inbox) -> None:
    shop = open_shop(app)
    given = {"url": "https://shop.example/hook", "enabled_events": ["*"]}
    endpoint = shop.till.post("/v1/webhook_endpoints", given)
    shop.till.post(f"/v1/webhook_endpoints/{endpoint['id']}", {"disabled": True})
    assert send(app) == 0
    assert inbox.messages == []
