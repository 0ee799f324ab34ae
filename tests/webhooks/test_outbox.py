"""The outbox: written with the event, claimed by one worker at a time, given back by a dead one."""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, text

from kit import clock, database, jobs
from kit.database import db, load_where
from kit.driver import as_array
from payments.customers.customers import Customer
from payments.events import Event
from payments.scope import Caller, acting_as
from tests.webhooks.conftest import create_endpoint
from webhooks import attempts, claims, outbox
from webhooks.attempts import Result
from webhooks.claims import Shares
from webhooks.outbox import SUCCEEDED, Delivery
from webhooks.webhook_endpoints import WebhookEndpoint

pytestmark = pytest.mark.usefixtures("idle")
NOWHERE = "http://127.0.0.1:9/"


def shares(per_endpoint: int, *busy: str, account: int = 1000) -> Shares:
    """What a claim may take, where every endpoint may have as much."""
    return Shares(endpoint=per_endpoint, stranger=per_endpoint, account=account, busy=busy)


def deliveries() -> list[Delivery]:
    return list(db.session.scalars(select(Delivery).order_by(Delivery.id)))


def create_deliveries(count: int) -> None:
    for _ in range(count):
        Customer.create({})
    database.commit()


def test_an_event_and_its_deliveries_are_written_together_or_not_at_all(
    house: Flask, merchant: Caller
) -> None:
    with house.app_context():
        endpoint_id, _ = create_endpoint(NOWHERE)
        Customer.create({})
        database.rollback()
        assert deliveries() == []
        Customer.create({})
        database.commit()
        happened = db.session.scalars(select(Event)).one()
        waiting = deliveries()
    assert [(one.event_id, one.endpoint_id) for one in waiting] == [(happened.id, endpoint_id)]
    assert happened.pending_webhooks == 1
    assert waiting[0].account_id == merchant.account_id


def test_only_endpoints_that_asked_for_the_type_get_it(house: Flask, merchant: Caller) -> None:
    with house.app_context():
        wanted, _ = create_endpoint(NOWHERE, "customer.created", "customer.deleted")
        create_endpoint(NOWHERE, "customer.updated")
        everything, _ = create_endpoint(NOWHERE)
        disabled, _ = create_endpoint(NOWHERE)
        deleted, _ = create_endpoint(NOWHERE)
        WebhookEndpoint.find(disabled).update({"disabled": True})
        WebhookEndpoint.find(deleted).delete()
        database.commit()
        other = Caller(account_id="acct_other", livemode=False, actor="key_other")
        live = Caller(account_id=merchant.account_id, livemode=True, actor="key_live")
        for who in (other, live):
            with acting_as(who):
                create_endpoint("https://shop.test/")
        Customer.create({})
        database.commit()
        assert {one.endpoint_id for one in deliveries()} == {wanted, everything}


def test_the_endpoints_are_asked_for_once_for_all_events_of_a_commit(
    house: Flask, merchant: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def noted(noun: type[WebhookEndpoint], condition: str, values: Sequence[object]) -> list[WebhookEndpoint]:
        asked.append(values)
        return load_where(noun, condition, values)

    with house.app_context():
        create_endpoint(NOWHERE)
        monkeypatch.setattr(outbox, "load_where", noted)
        create_deliveries(5)
        create_endpoint(NOWHERE)
        create_deliveries(1)
        assert Counter(one.endpoint_id for one in deliveries()).most_common()[0][1] == 6
    assert len(asked) == 2
    assert merchant.account_id


def test_a_claimed_delivery_comes_back_when_its_lease_has_ended(house: Flask, merchant: Caller) -> None:
    with house.app_context(), time_machine.travel(1_800_000_000, tick=False) as traveller:
        assert merchant.account_id
        create_endpoint(NOWHERE)
        create_deliveries(1)
        first = claims.claim(10, shares(10))
        assert len(first) == 1
        assert claims.claim(10, shares(10)) == []
        traveller.shift(claims.LEASE_SECONDS - 1)
        assert claims.claim(10, shares(10)) == []
        traveller.shift(1)
        assert outbox.anything_due()
        second = claims.claim(10, shares(10))
        assert [claim.id for claim in second] == [claim.id for claim in first]
        attempts.record([Result(first[0], SUCCEEDED, None, 1, None)])  # the first worker was only slow
        assert deliveries()[0].status == "pending"
        database.rollback()
        attempts.record([Result(second[0], SUCCEEDED, None, 1, None)])
        assert deliveries()[0].status == "succeeded"


def test_workers_that_claim_at_once_share_the_work_and_lose_none_of_it(
    house: Flask, merchant: Caller
) -> None:
    with house.app_context():
        assert merchant.account_id
        create_endpoint(NOWHERE)
        for _ in range(4):
            create_deliveries(50)
    claimed: list[str] = []
    together = threading.Barrier(4)

    def work() -> None:
        with house.app_context():
            together.wait()
            while outbox.anything_due():
                claimed.extend(claim.id for claim in claims.claim(7, shares(100)))
                database.rollback()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 200
    assert len(set(claimed)) == 200


def test_an_endpoint_with_a_long_queue_gets_no_more_than_its_share_of_a_claim(
    house: Flask, merchant: Caller
) -> None:
    with house.app_context():
        assert merchant.account_id
        crowded, _ = create_endpoint(NOWHERE, "customer.created")
        for _ in range(3):
            create_deliveries(20)
        other, _ = create_endpoint(NOWHERE, "customer.created")
        create_deliveries(2)
        taken = Counter(claim.endpoint_id for claim in claims.claim(100, shares(8)))
        assert taken == {crowded: 8, other: 2}
        create_deliveries(1)
        taken = Counter(claim.endpoint_id for claim in claims.claim(100, shares(8, crowded)))
        assert taken == {other: 1}


def test_one_that_is_far_behind_hides_nobody_who_came_later(house: Flask, merchant: Caller) -> None:
    with house.app_context(), time_machine.travel(1_800_000_000, tick=False) as traveller:
        assert merchant.account_id
        behind, _ = create_endpoint(NOWHERE)
        for _ in range(6):
            create_deliveries(20)
        others = [create_endpoint(NOWHERE, "customer.created")[0] for _ in range(3)]
        traveller.shift(10)
        create_deliveries(5)
        # Ten are claimed of the twenty longest waiting; all of those are of the one that is behind.
        taken = Counter(claim.endpoint_id for claim in claims.claim(10, shares(4)))
        assert taken.pop(behind) == 4
        assert taken.total() == 6
        assert set(taken) <= set(others)
        rest = claims.claim(10, shares(4, behind))
        assert Counter(claim.endpoint_id for claim in rest) + taken == dict.fromkeys(others, 5)
        assert claims.claim(10, shares(4, behind)) == []
        assert [claim.endpoint_id for claim in claims.claim(10, shares(4))] == [behind] * 4


MANY_MORE = """
    INSERT INTO webhook_deliveries
    SELECT id || n, account_id, livemode, created, event_id, endpoint_id, status, attempts, due_at - 10, fence
    FROM webhook_deliveries, generate_series(1, 5000) AS n
"""


def read_in_vain(plan: dict[str, Any]) -> int:
    """How many rows a plan and the plans below it have looked at and thrown away."""
    removed = int(plan.get("Rows Removed by Filter", 0)) * int(plan["Actual Loops"])
    return removed + sum(read_in_vain(below) for below in plan.get("Plans", ()))


@pytest.mark.parametrize("plans", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_postgresql_reads_past_none_of_what_waits_for_one_that_is_far_behind(
    house: Flask, merchant: Caller, plans: str
) -> None:
    with house.app_context():
        assert merchant.account_id
        behind, _ = create_endpoint(NOWHERE)
        create_deliveries(1)
        with db.engine.connect() as connection:
            connection.execute(text(MANY_MORE))
            connection.execute(text("ANALYZE webhook_deliveries"))
        create_endpoint(NOWHERE)
        create_deliveries(1)
        values = {
            "now": clock.now(), "lease_end": clock.now() + 60, "count": 64, "of_endpoint": 32,
            "of_stranger": 2, "of_account": 96, "known": [], "busy": [behind], "busy_accounts": [],
        }  # fmt: skip
        statement, names = claims._postgresql(claims._POSTGRESQL[claims.BY_ENDPOINT], 32)
        given = [as_array(value) if isinstance(value, list) else value for value in map(values.get, names)]
        with db.engine.connect() as connection:
            connection.exec_driver_sql(f"SET plan_cache_mode = {plans}")
            connection.exec_driver_sql(f"PREPARE by_endpoint AS {statement}")
            literals = ", ".join(f"'{value}'" for value in given)
            explained = connection.exec_driver_sql(
                f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE by_endpoint ({literals})"
            )
            (told,) = explained.scalar_one()
            connection.exec_driver_sql("DEALLOCATE by_endpoint")
            connection.exec_driver_sql("RESET plan_cache_mode")
    assert read_in_vain(told["Plan"]) < 50, told


def test_an_endpoint_that_is_not_known_to_answer_gets_less_and_an_account_not_everything(
    house: Flask, merchant: Caller
) -> None:
    with house.app_context():
        known, _ = create_endpoint(NOWHERE)
        stranger, _ = create_endpoint(NOWHERE)
        create_deliveries(20)
        with acting_as(Caller(account_id="acct_other", livemode=False, actor="key_other")):
            other, _ = create_endpoint(NOWHERE)
            create_deliveries(20)
        first = claims.claim(100, Shares(endpoint=8, stranger=2, account=100, known=[known]))
        assert Counter(claim.endpoint_id for claim in first) == {known: 8, stranger: 2, other: 2}
        second = claims.claim(100, shares(8, account=9))
        assert Counter(claim.account_id for claim in second) == {merchant.account_id: 9, "acct_other": 8}
        busy = Shares(endpoint=8, stranger=8, account=100, busy_accounts=[merchant.account_id])
        assert {claim.endpoint_id for claim in claims.claim(100, busy)} == {other}


def test_the_longest_waiting_are_claimed_first(house: Flask, merchant: Caller) -> None:
    with house.app_context(), time_machine.travel(1_800_000_000, tick=False) as traveller:
        assert merchant.account_id
        create_endpoint(NOWHERE)
        for _ in range(3):
            create_deliveries(1)
            traveller.shift(10)
        oldest = [one.id for one in deliveries()]
        taken = [claims.claim(1, shares(10))[0].id for _ in range(3)]
        assert taken == oldest
        assert clock.now() == 1_800_000_030


def test_a_commit_with_deliveries_kicks_the_drain_and_one_without_does_not(
    house: Flask, merchant: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    kicked: list[str] = []
    monkeypatch.setattr(jobs, "kick", lambda path, **_: kicked.append(path))
    with house.app_context():
        assert merchant.account_id
        create_deliveries(1)
        assert kicked == []
        create_endpoint(NOWHERE)
        create_deliveries(2)
    assert kicked == [outbox.DRAIN]
