"""What a bank tells us unasked: believed only when signed and fresh, handled once, whatever the order."""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import orjson
import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from kit import database, jobs
from kit.database import db, load
from payments import breakers, notices
from payments.notices import BankNotice
from tests.support import bank as bank_server
from tests.support.bank import Bank
from tests.support.houses import quiet_house
from webhooks import bank_notices


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def app(
    request: pytest.FixtureRequest, bank: Bank, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """A house where nobody else looks after notices."""
    ask = partial(request.getfixturevalue, "postgres_server")
    with quiet_house(request.param, bank, tmp_path_factory.mktemp("notices"), ask) as app:
        yield app


@pytest.fixture
def heard(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The subjects that the handler of `dispute.updated` was called with."""
    subjects: list[str] = []
    monkeypatch.setitem(
        notices.HANDLERS, "dispute.updated", lambda _acquirer, subject: subjects.append(subject)
    )
    monkeypatch.setattr(jobs, "kick", lambda *_, **__: None)
    with app.app_context():
        yield subjects
        db.session.remove()


def notice(**overrides: Any) -> dict[str, Any]:
    own = {"id": f"ntc_{secrets.token_hex(8)}", "kind": "dispute.updated", "subject": secrets.token_hex(8)}
    return {**own, "created": int(time.time()), "bank": "piggy_bank", **overrides}


def signature(body: bytes, *, secret: str = bank_server.SECRET, at: float | None = None) -> str:
    key = hmac.new(secret.encode(), b"notices", hashlib.sha256).hexdigest()
    moment = int(time.time() if at is None else at)
    return f"t={moment},v1={hmac.new(key.encode(), b'%d.' % moment + body, hashlib.sha256).hexdigest()}"


def send(app: Flask, told: dict[str, Any] | bytes, header: str | None = None) -> TestResponse:
    body = told if isinstance(told, bytes) else orjson.dumps(told)
    headers = {"Bank-Signature": signature(body) if header is None else header}
    return app.test_client().post("/webhooks/bank", data=body, headers=headers)


def drain() -> None:
    bank_notices.drain()


def test_a_signed_notice_reaches_its_handler(app: Flask, heard: list[str]) -> None:
    told = notice()
    assert send(app, told).status_code == 200
    drain()
    assert heard == [told["subject"]]
    drain()
    assert heard == [told["subject"]]


def test_a_notice_that_comes_twice_is_handled_once_and_answered_alike(app: Flask, heard: list[str]) -> None:
    told = notice()
    assert [send(app, told).status_code for _ in range(3)] == [200, 200, 200]
    drain()
    assert send(app, told).status_code == 200
    drain()
    assert heard == [told["subject"]]


def test_two_banks_may_give_out_the_same_notice_id(app: Flask, heard: list[str]) -> None:
    keys = app.extensions[bank_notices.KEYS]
    keys["cuckoo_bank"] = bank_notices.key_of("another word")
    try:
        ours, theirs = notice(id="ntc_1_of_both"), notice(id="ntc_1_of_both", bank="cuckoo_bank")
        assert send(app, ours).status_code == 200
        assert send(app, theirs).status_code == 401  # signed with the other bank's word
        signed = signature(orjson.dumps(theirs), secret="another word")
        assert send(app, theirs, signed).status_code == 200
        drain()
        assert sorted(heard) == sorted([ours["subject"], theirs["subject"]])
    finally:
        del keys["cuckoo_bank"]


def test_a_forged_notice_is_refused(app: Flask, heard: list[str]) -> None:
    told = notice()
    body = orjson.dumps(told)
    other = orjson.dumps({**told, "subject": "somebody_else"})
    forgeries = ["", "t=1,v1=00", signature(body, secret="a guess"), signature(other), signature(body)[:-1]]
    assert [send(app, body, header).status_code for header in forgeries] == [401] * len(forgeries)
    assert send(app, notice(bank="nobodys_bank")).status_code == 401
    drain()
    assert heard == []


@pytest.mark.parametrize("age_seconds", [3600, 301, -3600])
def test_a_notice_replayed_long_afterwards_is_refused(app: Flask, heard: list[str], age_seconds: int) -> None:
    body = orjson.dumps(notice())
    assert send(app, body, signature(body, at=time.time() - age_seconds)).status_code == 401
    drain()
    assert heard == []


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"null", b'{"id":1}', orjson.dumps({**notice(), "id": "../x"}),
     orjson.dumps({**notice(), "subject": ""}), orjson.dumps({**notice(), "kind": ["a"]})],
)  # fmt: skip
def test_what_is_no_notice_is_refused(app: Flask, heard: list[str], body: bytes) -> None:
    assert send(app, body).status_code == 400
    assert heard == []


def test_a_body_that_is_too_long_is_refused(app: Flask, heard: list[str]) -> None:
    assert send(app, b" " * 17_000).status_code == 413
    assert heard == []


def test_a_kind_that_nobody_looks_after_is_taken_and_forgotten(app: Flask, heard: list[str]) -> None:
    told = notice(kind="weather.changed")
    assert send(app, told).status_code == 200
    drain()
    row = load(BankNotice, f"piggy_bank:{told['id']}")
    assert row is not None
    assert (row.due_at, heard) == (None, [])


def test_a_handler_that_fails_is_tried_again_and_holds_up_no_other(
    app: Flask, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = notice(id="ntc_a" + secrets.token_hex(8)), notice(id="ntc_b" + secrets.token_hex(8))
    monkeypatch.setattr(notices, "RETRY_SECONDS", (0, 0))
    wait_for_bank = [bad["subject"]]

    def handler(_acquirer: str, subject: str) -> None:
        if subject in wait_for_bank:
            raise ConnectionError("the bank is closed")
        heard.append(subject)

    monkeypatch.setitem(notices.HANDLERS, "dispute.updated", handler)
    send(app, bad)
    send(app, good)
    drain()
    assert heard == [good["subject"]]
    wait_for_bank.clear()
    drain()
    assert heard == [good["subject"], bad["subject"]]


def test_a_notice_that_fails_is_tried_ever_more_slowly_and_never_given_up(
    app: Flask, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bank may be away for days, and a dispute that nobody follows is money that nobody knows of."""
    monkeypatch.setattr(notices, "RETRY_SECONDS", (0, 0, 600))
    told = notice()

    def handler(_acquirer: str, subject: str) -> None:
        if row().attempts < 5:
            raise ConnectionError("the bank is closed")
        heard.append(subject)

    def row() -> BankNotice:
        found = load(BankNotice, f"piggy_bank:{told['id']}")
        assert found is not None
        return found

    monkeypatch.setitem(notices.HANDLERS, "dispute.updated", handler)
    with time_machine.travel(time.time(), tick=False) as clock:
        send(app, told)
        for _ in range(5):
            drain()
        assert (row().attempts, heard) == (3, [])
        for _ in range(3):
            db.session.remove()
            clock.shift(601)
            drain()
    assert (row().due_at, heard) == (None, [told["subject"]])


def test_a_bank_that_has_stopped_answering_is_left_alone(app: Flask, heard: list[str]) -> None:
    told = notice()
    send(app, told)
    for _ in range(breakers.FAILURES_TO_OPEN):
        breakers.note("piggy_bank", answered=False)
    try:
        drain()
        assert heard == []
    finally:
        breakers.reset()
    drain()
    assert heard == [told["subject"]]


def test_the_same_notice_twice_at_the_same_moment_is_kept_once(app: Flask, heard: list[str]) -> None:
    told, statuses = notice(), []
    gate = threading.Barrier(4)

    def tell() -> None:
        gate.wait()
        statuses.append(send(app, told).status_code)

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 4
    drain()
    assert heard == [told["subject"]]


@pytest.mark.usefixtures("heard")
def test_old_notices_are_forgotten_and_new_ones_are_not(app: Flask) -> None:
    old, new = notice(), notice()
    send(app, old)
    send(app, new)
    drain()
    row = load(BankNotice, f"piggy_bank:{old['id']}")
    assert row is not None
    row.created -= 31 * 86_400
    database.commit()
    assert bank_notices.forget_old() >= 1
    db.session.remove()
    assert load(BankNotice, f"piggy_bank:{old['id']}") is None
    assert load(BankNotice, f"piggy_bank:{new['id']}") is not None
