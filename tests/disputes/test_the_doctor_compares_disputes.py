"""`florin doctor` names each dispute that stands otherwise here than at its bank."""

import pytest
from sqlalchemy import text

from kit.database import db
from payments.doctor import pages
from tests.disputes.support import SOON, Shop


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor does not pause between two looks at the same thing."""
    monkeypatch.setattr(pages, "LOOK_AGAIN_SECONDS", (0.0,))


def examined(shop: Shop) -> str:
    done = shop.house.test_cli_runner().invoke(
        args=["florin", "doctor", "--only", "disputes", "--all"], catch_exceptions=False
    )
    return str(done.output)


def set_status(shop: Shop, dispute_id: str, status: str) -> None:
    with shop.house.app_context(), db.engine.connect() as connection:
        change = text("UPDATE disputes SET status = :status WHERE id = :id")
        connection.execute(change, {"status": status, "id": dispute_id})


def test_one_that_stands_alike_is_no_finding(shop: Shop) -> None:
    dispute = shop.disputed()
    assert dispute.id not in examined(shop)


def test_one_that_stands_otherwise_is_named_with_both_statuses(shop: Shop) -> None:
    dispute = shop.disputed()
    set_status(shop, dispute.id, "lost")
    told = examined(shop)
    set_status(shop, dispute.id, "needs_response")
    assert f"{dispute.id}: piggy_bank says needs_response, and we say lost" in told


def test_one_that_never_reached_us_is_named_until_it_does(shop: Shop) -> None:
    known = {notice["subject"] for notice in shop.told()}
    shop.pay("createDispute")
    shop.advance(SOON)
    (subject,) = {notice["subject"] for notice in shop.told() if notice["kind"] == "dispute.updated"} - known
    assert f"{subject}: piggy_bank told of this dispute" in examined(shop)
    shop.follow()
    assert subject not in examined(shop)
