"""Many windows, many holders, a void and the schedule at one moment: one truth for each challenge."""

import threading
from typing import Any

from tests.bank.challenged import (
    FULL_BALANCE,
    KINDS,
    OPEN_SECONDS,
    RIGHT,
    Holder,
    challenged,
    completions,
)
from tests.bank.support import Caller, assert_the_books_agree


def test_two_windows_pass_a_challenge_once(either_bank: Caller) -> None:
    url = challenged(either_bank).url
    windows = [Holder(either_bank, url) for _ in range(6)]
    for window in windows:
        window.open()
    start, statuses = threading.Barrier(len(windows)), []

    def press(window: Holder) -> None:
        start.wait(30)
        statuses.append(window.send(code="424242").status_code)

    threads = [threading.Thread(target=press, args=(window,)) for window in windows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert statuses == [303] * len(windows)
    assert len(completions(either_bank)) == 1
    assert either_bank.account() == (FULL_BALANCE - 2000, 0)
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)


def test_many_holders_answer_at_once_each_for_themselves(either_bank: Caller) -> None:
    """Their answers share a transaction, which one of their threads carries out for all."""
    holders = [challenged(either_bank, number, f"pay_{at}") for at, number in enumerate([*KINDS] * 3)]
    for holder in holders:
        holder.open()
    start = threading.Barrier(len(holders))
    statuses = []

    def press(holder: Holder, kind: str) -> None:
        start.wait(30)
        statuses.append(holder.send(**RIGHT[kind]).status_code)

    kinds = [*KINDS.values()] * 3
    threads = [threading.Thread(target=press, args=pair) for pair in zip(holders, kinds, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert statuses == [303] * len(holders)
    assert {either_bank.show(f"pay_{at}")["outcome"] for at in range(len(holders))} == {"approved"}


def test_a_pass_a_void_and_the_schedule_at_once_leave_one_truth(either_bank: Caller) -> None:
    for number in range(6):
        holder = challenged(either_bank, reference=f"pay_{number}")
        holder.open()
        either_bank.now += OPEN_SECONDS - 1 - number
        start = threading.Barrier(3)

        def at_once(*acts: Any, start: threading.Barrier = start) -> None:
            def run(act: Any) -> None:
                start.wait(30)
                act()

            threads = [threading.Thread(target=run, args=(act,)) for act in acts]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)

        at_once(
            lambda holder=holder: holder.send(code="424242"),
            lambda number=number: either_bank.void(f"pay_{number}", f"void_{number}"),
            either_bank.bank.clockwork.run_due,
        )
        answer = either_bank.show(f"pay_{number}")
        assert answer["outcome"] in {"approved", "voided"}
        assert answer["captured_minor"] == (2000 if answer["outcome"] == "approved" else 0)
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)
