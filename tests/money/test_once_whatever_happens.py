"""Several workers at once, and one that dies at any line: all is posted once, and paid out once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Flask

import paying
import settling
from kit import bulk
from payments.balance import announcing, matching, posting, settlements
from payments.balance.settlements import State
from tests.money.conftest import Faulty, Shop
from tests.support.unreliable import PowerCut

pytestmark = pytest.mark.slow


def at_once(house: Flask, work: Callable[[], Any], hands: int = 4) -> list[Exception]:
    """Run the same work in several threads that start together."""
    together = threading.Barrier(hands)
    problems: list[Exception] = []

    def run() -> None:
        with house.app_context():
            together.wait()
            try:
                work()
            except Exception as problem:  # noqa: BLE001 - the test looks at whatever it was
                problems.append(problem)

    threads = [threading.Thread(target=run) for _ in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def test_a_file_that_is_fetched_by_several_workers_is_posted_once(
    shop: Shop, later: time_machine.Traveller
) -> None:
    shop.add_bank_account()
    for _ in range(5):
        shop.pay(2000)
    shop.banks.end_the_day()
    assert at_once(shop.house, settling.settle) == []
    later.shift(settlements.CLAIM_SECONDS + 1)
    shop.work()
    (settlement,) = shop.settlements()
    assert (settlement.status, settlement.matched_count) == (State.POSTED, 5)
    assert shop.book("acquirer_receivable") == 0
    assert shop.event_types().count("balance.available") == 1
    (payout,) = shop.sdk.v1.payouts.list().data
    assert payout.amount == 5 * 1912
    assert shop.differences() == []


def die(*_: Any, **__: Any) -> None:
    raise PowerCut


DEATHS: list[tuple[Any, str]] = [
    (settling, "_take_in"),
    (settling, "_download"),
    (matching, "match"),
    (posting, "post"),
    (announcing, "announce"),
]


@pytest.mark.parametrize("place", DEATHS, ids=[name for _, name in DEATHS])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_that_dies_is_taken_over(
    shop: Shop,
    later: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    place: tuple[Any, str],
    moment: str,
) -> None:
    module, name = place
    shop.add_bank_account()
    shop.pay(2000)
    shop.banks.end_the_day()
    real = getattr(module, name)

    def struck(*given: Any, **more: Any) -> Any:
        if moment == "after":
            real(*given, **more)
        raise PowerCut

    monkeypatch.setattr(module, name, struck)
    with pytest.raises(PowerCut):
        shop.work()
    monkeypatch.setattr(module, name, real)
    later.shift(settlements.CLAIM_SECONDS + 1)
    shop.work()
    (settlement,) = shop.settlements()
    assert (settlement.status, settlement.matched_count) == (State.POSTED, 1)
    assert shop.book("acquirer_receivable") == 0
    assert shop.event_types().count("balance.available") == 1
    assert [payout.amount for payout in shop.sdk.v1.payouts.list().data] == [1912]
    assert shop.available() == 0
    assert shop.differences() == []


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_a_worker_that_dies_between_two_chunks_leaves_nothing_behind(
    shop: Shop,
    later: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    chunk: int,
) -> None:
    for _ in range(3):
        shop.pay(2000)
    shop.banks.end_the_day()
    monkeypatch.setattr(settling, "STAGED_AT_ONCE", 1)
    monkeypatch.setattr(matching, "CHUNK", 1)
    real, staged = bulk.run, [0]

    def struck(steps: Any) -> list[int]:
        done = real(steps)
        if "INSERT INTO settlement_lines" in steps[0].statement and steps[0].many:
            staged[0] += 1
            if staged[0] == chunk:
                raise PowerCut
        return done

    monkeypatch.setattr(bulk, "run", struck)
    with pytest.raises(PowerCut):
        shop.work()
    monkeypatch.setattr(bulk, "run", real)
    later.shift(settlements.CLAIM_SECONDS + 1)
    shop.work()
    (settlement,) = shop.settlements()
    assert (settlement.status, settlement.matched_count, settlement.download) == (State.POSTED, 3, 2)
    assert shop.book("acquirer_receivable") == 0


def test_a_download_keeps_its_claim_for_as_long_as_it_goes_on(
    shop: Shop, line: Faulty, later: time_machine.Traveller
) -> None:
    shop.pay(2000)
    shop.banks.end_the_day()
    others: list[list[str]] = []

    def slowly() -> None:
        later.shift(settlements.CLAIM_SECONDS - settlements.RENEW_SECONDS)
        others.append(settlements.due(State.FOUND))

    line.on_piece = slowly
    shop.work()
    (settlement,) = shop.settlements()
    assert len(others) > 3
    assert not any(settlement.id in due for due in others)
    assert (settlement.status, settlement.download) == (State.POSTED, 1)


def test_a_download_that_was_silent_too_long_loses_its_claim_and_posts_nothing(
    shop: Shop, line: Faulty, later: time_machine.Traveller
) -> None:
    shop.pay(2000)
    shop.banks.end_the_day()

    def another_worker() -> None:
        line.on_piece = None
        later.shift(settlements.CLAIM_SECONDS + 1)
        at_once(shop.house, settling.settle, hands=1)

    line.on_piece = another_worker
    shop.work()
    (settlement,) = shop.settlements()
    assert (settlement.status, settlement.download, settlement.matched_count) == (State.POSTED, 2, 1)
    assert (shop.book("acquirer_receivable"), shop.differences()) == (0, [])


def test_the_settlement_of_a_dead_worker_is_taken_up_well_within_two_minutes() -> None:
    """Claim, a settlement that waits, and the sweep's period: all is settled 120 seconds after quiet."""
    sweep_seconds = max(seconds for seconds, _ in settling.SWEEPS)
    assert settlements.CLAIM_SECONDS + settlements.RETRY_SECONDS + 2 * sweep_seconds < 120


def test_two_payouts_at_once_can_not_spend_the_same_money(shop: Shop) -> None:
    shop.add_bank_account()
    shop.pay(10_000, payment_method="pm_card_bypassPending")
    there = shop.available()
    amount = there // 2 + 1

    def pay_out_of_it() -> None:
        shop.sdk.v1.payouts.create({"amount": amount, "currency": "usd"})

    problems = at_once(shop.house, pay_out_of_it)
    assert len(problems) == 3
    assert shop.available() == there - amount
    assert len(shop.sdk.v1.payouts.list().data) == 1


def test_a_payout_is_sent_once_by_several_workers(shop: Shop, line: Faulty) -> None:
    shop.add_bank_account()
    shop.pay(10_000, payment_method="pm_card_bypassPending")
    payout = shop.sdk.v1.payouts.create({"amount": 1000, "currency": "usd"})
    at_once(shop.house, paying.send)
    assert len([order for order in line.orders if order.reference == payout.id]) == 1
    assert shop.sdk.v1.payouts.retrieve(payout.id).status == "in_transit"


@pytest.mark.parametrize("moment", ["before the order", "before the record"])
def test_a_payout_whose_worker_dies_is_sent_by_the_next_one(
    shop: Shop, line: Faulty, later: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    shop.add_bank_account()
    shop.pay(10_000, payment_method="pm_card_bypassPending")
    payout = shop.sdk.v1.payouts.create({"amount": 1000, "currency": "usd"})
    if moment == "before the order":
        monkeypatch.setattr(line, "pay_out", die)
    else:
        monkeypatch.setattr(paying, "_record", die)
    with pytest.raises(PowerCut):
        shop.send_payouts()
    monkeypatch.undo()
    later.shift(31)
    shop.send_payouts()
    shop.banks.end_the_day()
    later.shift(61)
    shop.send_payouts()
    assert shop.sdk.v1.payouts.retrieve(payout.id).status == "paid"
    assert shop.book("bank_cash") == -1000


def test_folding_while_payments_come_in_loses_and_doubles_nothing(shop: Shop) -> None:
    def pay_and_fold() -> None:
        for _ in range(5):
            shop.pay(1000, payment_method="pm_card_bypassPending")
            settling.fold()

    assert at_once(shop.house, pay_and_fold) == []
    with shop.house.app_context():
        settling.fold()
    assert shop.available() == 20 * (1000 - 59)
