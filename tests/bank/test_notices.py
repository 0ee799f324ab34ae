"""What the bank tells unasked: signed, at least once, until someone has taken it, and only what is true."""

import json
import threading
import time

import pytest
from sqlalchemy import Connection

from bank_simulator import notices
from kit import signing
from tests.bank.support import SECRET, Caller, answer_of
from tests.support.bank import NOBODY
from tests.webhooks.scripted_server import answering, playing, reply


def put(bank: Caller, subject: str) -> None:
    bank.storage.write(subject, lambda tx: notices.put(tx, "dispute.updated", subject))


def subjects(requests: list[bytes]) -> list[str]:
    return [json.loads(request.partition(b"\r\n\r\n")[2])["subject"] for request in requests]


def test_a_notice_is_signed_so_that_florin_can_read_it(either_url: str) -> None:
    with playing(answering(reply())) as server:
        bank = Caller(either_url, notice_url=server.url)
        put(bank, "dsp_1")
        assert bank.bank.messenger.send_due() == 1
        bank.close()
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    header = next(
        line.split(b":", 1)[1].strip().decode()
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"bank-signature")
    )
    assert signing.verifies(header, body, notices.key_of(SECRET), now=int(time.time()))
    told = json.loads(body)
    assert (told["kind"], told["subject"], told["bank"]) == ("dispute.updated", "dsp_1", "piggy_bank")


def test_a_notice_is_repeated_until_it_is_taken(either_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "RETRY_SECONDS", (0.0,))
    replies = (
        reply("500 Broken"),
        reply("302 Elsewhere", b"", f"Location: {NOBODY}"),
        reply("204 Taken", b""),
    )
    with playing(answering(*replies)) as server:
        bank = Caller(either_url, notice_url=server.url)
        put(bank, "dsp_1")
        assert [bank.bank.messenger.send_due() for _ in range(4)] == [1, 1, 1, 0]
        bank.close()
    bodies = {request.partition(b"\r\n\r\n")[2] for request in server.requests}
    assert (len(server.requests), len(bodies)) == (3, 1)


def test_a_notice_that_nobody_takes_waits_for_its_next_attempt(
    bank: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "RETRY_SECONDS", (0.0, 3600.0))
    put(bank, "dsp_1")  # nobody listens
    assert [bank.bank.messenger.send_due() for _ in range(3)] == [1, 1, 0]


def test_what_was_rolled_back_is_not_told(either_bank: Caller) -> None:
    def work(tx: Connection) -> None:
        notices.put(tx, "dispute.updated", "dsp_1")
        raise RuntimeError("the power is cut")

    with pytest.raises(RuntimeError):
        either_bank.storage.write("dsp_1", work)
    assert answer_of(either_bank.get("/v1/notices"))["data"] == []


def test_two_processes_send_each_notice_once_where_nothing_fails(either_url: str) -> None:
    with playing(answering(*(reply() for _ in range(50)))) as server:
        banks = [Caller(either_url, notice_url=server.url) for _ in range(2)]
        for number in range(20):
            put(banks[0], f"dsp_{number}")
        threads = [threading.Thread(target=bank.bank.messenger.send_due) for bank in banks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for bank in banks:
            bank.close()
    assert sorted(subjects(server.requests)) == sorted(f"dsp_{number}" for number in range(20))


def test_a_started_bank_tells_by_itself_and_stops(either_url: str) -> None:
    with playing(answering(*(reply() for _ in range(5)))) as server:
        bank = Caller(either_url, notice_url=server.url)
        before = threading.active_count()
        bank.bank.start()
        put(bank, "dsp_1")
        deadline = time.monotonic() + 20
        while not server.requests and time.monotonic() < deadline:
            time.sleep(0.02)
        bank.bank.stop()
        assert threading.active_count() <= before + 1  # the server's own thread for the connection
        bank.close()
    assert subjects(server.requests) == ["dsp_1"]
