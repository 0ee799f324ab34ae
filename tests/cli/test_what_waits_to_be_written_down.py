"""Whoever says more than can be written down is not heard until it is, in number and in size."""

import asyncio

import pytest

from webhooks.cli import frames
from webhooks.cli.frames import Ack, Facts, Reply


def an_answer(chars: int) -> Reply:
    body = "x" * chars
    return Reply("wc_1", "clis_1", "", 200, {}, body, {}, elapsed_ms=1, truncated=False)


def has_room(facts: Facts) -> bool:
    async def asked() -> bool:
        waiting = asyncio.create_task(facts.room())
        await asyncio.sleep(0)
        was_done = waiting.done()
        facts.take()
        await asyncio.wait_for(waiting, 5)  # once all is taken, there is
        return was_done

    return asyncio.run(asked())


@pytest.mark.parametrize("over", [0, 1])
def test_so_many_facts_may_wait(monkeypatch: pytest.MonkeyPatch, over: int) -> None:
    monkeypatch.setattr(frames, "MOST_FACTS", 3)
    assert has_room(Facts(acks=[Ack("wc_1", "clis_1")] * (3 + over))) is (over == 0)


@pytest.mark.parametrize("over", [0, 1])
def test_answers_of_so_many_characters_may_wait(monkeypatch: pytest.MonkeyPatch, over: int) -> None:
    monkeypatch.setattr(frames, "MOST_WAITING_CHARS", 300)
    assert has_room(Facts(replies=[an_answer(100)] * 2 + [an_answer(100 + over)])) is (over == 0)
