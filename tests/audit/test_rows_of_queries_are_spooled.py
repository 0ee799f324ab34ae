"""Rows of queries wait in a file of their process: none is lost with it, none is written twice."""

import contextlib
import errno
import mmap
import os
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import select

from kit.database import db
from payments import audit_spool, spool_file
from payments.audit import AuditRow
from payments.audit_spool import AuditSpool, recover, use
from payments.scope import Caller
from payments.spool_file import lines_in
from tests.support.factories import create_merchant

DEAD_PROCESS = "4194305-dead"


def caller_of(app: Flask, request_id: str) -> Caller:
    account_id = create_merchant(app)[0].id
    return Caller(account_id, livemode=False, actor="key_1", request_id=request_id, address="127.0.0.1")


def rows_of(app: Flask, account_id: str) -> list[tuple[str | None, str, str | None, str]]:
    with app.app_context():
        asked = (AuditRow.account_id == account_id) & AuditRow.request_id.is_not(None)
        query = select(AuditRow).where(asked).order_by(AuditRow.seq)
        found = db.session.scalars(query)
        return [(row.request_id, row.action, row.object_id, row.outcome) for row in found]


def test_a_row_reaches_the_database_with_the_next_flush(app: Flask, tmp_path: Path) -> None:
    who = caller_of(app, "req_spool_1")
    spool = AuditSpool(tmp_path / "spool", app.app_context)
    spool.put(who, "GET /v1/charges/{id}", "ch_1", "succeeded", {"status": 200})
    assert rows_of(app, who.account_id) == []
    spool.flush()
    assert rows_of(app, who.account_id) == [("req_spool_1", "GET /v1/charges/{id}", "ch_1", "succeeded")]
    spool.flush()
    assert len(rows_of(app, who.account_id)) == 1


def test_the_file_holds_what_the_database_does_not_have_yet(app: Flask, tmp_path: Path) -> None:
    who = caller_of(app, "req_spool_2")
    spool = AuditSpool(tmp_path / "spool", app.app_context)
    spool.put(who, "GET /v1/balance", None, "succeeded", {"status": 200})
    (path,) = (tmp_path / "spool").iterdir()
    (line,) = lines_in(path.read_bytes())
    assert orjson.loads(line)["request_id"] == "req_spool_2"
    spool.flush()
    assert lines_in(path.read_bytes()) == []


def left_by_a_dead_process(app: Flask, folder: Path, request_id: str) -> Caller:
    """What a kill -9 leaves behind: the file of a process that is no more."""
    who = caller_of(app, request_id)
    spool = AuditSpool(folder, app.app_context)
    spool.put(who, "GET /v1/balance", None, "succeeded", {"status": 200})
    (path,) = folder.iterdir()
    left = b"".join(line + b"\n" for line in lines_in(path.read_bytes()))
    path.unlink()
    (folder / f"{DEAD_PROCESS}.jsonl").write_bytes(left)  # which nobody holds a lock on
    return who


def test_a_dead_process_rows_are_taken_over(app: Flask, tmp_path: Path) -> None:
    who = left_by_a_dead_process(app, tmp_path / "spool", "req_spool_3")
    with app.app_context():
        assert recover(tmp_path / "spool") == 1
        assert recover(tmp_path / "spool") == 0
    assert [row[0] for row in rows_of(app, who.account_id)] == ["req_spool_3"]
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_row_that_was_written_before_the_process_died_is_not_written_again(
    app: Flask, tmp_path: Path
) -> None:
    who = left_by_a_dead_process(app, tmp_path / "spool", "req_spool_4")
    line = (tmp_path / "spool" / f"{DEAD_PROCESS}.jsonl").read_bytes()
    with app.app_context():
        recover(tmp_path / "spool")
        (tmp_path / "spool" / f"{DEAD_PROCESS}.jsonl").write_bytes(line)
        assert recover(tmp_path / "spool") == 0
    assert len(rows_of(app, who.account_id)) == 1


def test_a_half_written_last_line_is_left_out(app: Flask, tmp_path: Path) -> None:
    who = left_by_a_dead_process(app, tmp_path / "spool", "req_spool_5")
    with (tmp_path / "spool" / f"{DEAD_PROCESS}.jsonl").open("ab") as file:
        file.write(b'{"account_id": "acct_')
    with app.app_context():
        assert recover(tmp_path / "spool") == 1
    assert len(rows_of(app, who.account_id)) == 1


def test_a_test_token_that_is_looked_up_is_a_method_that_can_be_found_again(
    app: Flask, tmp_path: Path
) -> None:
    key = {"Authorization": f"Bearer {create_merchant(app)[1]}"}
    client = app.test_client()
    use(AuditSpool(tmp_path / "spool", app.app_context))
    try:
        method = client.get("/v1/payment_methods/pm_card_visa", headers=key).get_json()
        again = client.get(f"/v1/payment_methods/{method['id']}", headers=key)
    finally:
        use(None)
    assert again.get_json() == method


def test_the_file_of_a_living_process_is_left_alone(app: Flask, tmp_path: Path) -> None:
    who = caller_of(app, "req_spool_6")
    spool = AuditSpool(tmp_path / "spool", app.app_context)
    spool.put(who, "GET /v1/balance", None, "succeeded", {"status": 200})
    with app.app_context():
        assert recover(tmp_path / "spool") == 0
    spool.flush()
    assert len(rows_of(app, who.account_id)) == 1


def test_a_dead_process_with_the_number_of_a_living_one_loses_no_row(app: Flask, tmp_path: Path) -> None:
    """In a container every start has the same process number."""
    who = left_by_a_dead_process(app, tmp_path / "spool", "req_spool_7")
    (tmp_path / "spool" / f"{DEAD_PROCESS}.jsonl").rename(tmp_path / "spool" / f"{os.getpid()}.jsonl")
    spool = AuditSpool(tmp_path / "spool", app.app_context)
    spool.start()
    spool.stop()
    assert [row[0] for row in rows_of(app, who.account_id)] == ["req_spool_7"]
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_line_that_cannot_be_read_keeps_nobody_from_starting(app: Flask, tmp_path: Path) -> None:
    who = left_by_a_dead_process(app, tmp_path / "spool", "req_spool_8")
    with (tmp_path / "spool" / f"{DEAD_PROCESS}.jsonl").open("ab") as file:
        file.write(b'{"details": {"status": 200}')
    with app.app_context():
        assert recover(tmp_path / "spool") == 1
    assert len(rows_of(app, who.account_id)) == 1


def test_rows_are_written_once_the_database_is_back(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = caller_of(app, "req_spool_9")
    failed, written = threading.Event(), threading.Event()
    write = audit_spool._write

    def fail_once(rows: list[dict[str, Any]]) -> None:
        if not failed.is_set():
            failed.set()
            raise ConnectionError("the database restarts")
        write(rows)
        written.set()

    monkeypatch.setattr(audit_spool, "_write", fail_once)
    monkeypatch.setattr(audit_spool, "AGAIN_SECONDS", 0.01)
    spool = AuditSpool(tmp_path / "spool", app.app_context)
    spool.start()
    spool.put(who, "GET /v1/balance", None, "succeeded", {"status": 200})
    assert written.wait(30)
    spool.stop()
    assert len(rows_of(app, who.account_id)) == 1


def test_the_file_stays_short_where_rows_never_stop_coming(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = caller_of(app, "req_spool_10")
    write = audit_spool._write
    monkeypatch.setattr(spool_file, "FILE_BYTES", 1000)
    spool = AuditSpool(tmp_path / "spool", app.app_context)

    def write_while_another_comes(rows: list[dict[str, Any]]) -> None:
        write(rows)
        spool.put(who, "GET /v1/balance", None, "succeeded", {"status": 200})

    monkeypatch.setattr(audit_spool, "_write", write_while_another_comes)
    spool.put(who, "GET /v1/balance", None, "succeeded", {"status": 200})
    for _ in range(20):
        spool.flush()
    (path,) = (tmp_path / "spool").iterdir()
    assert path.stat().st_size < 2000
    assert len(rows_of(app, who.account_id)) == 20


def open_below(folder: Path) -> int:
    """How many files of a folder this process has open, deleted ones too; other tests' come and go."""
    held = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one of this listing itself
            held += str(descriptor.readlink()).startswith(str(folder))
    return held


def test_a_full_disk_costs_no_more_than_the_rows_that_find_no_room(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = caller_of(app, "req_spool_full")
    monkeypatch.setattr(spool_file, "FILE_BYTES", 400)  # one row, and not another
    spool = AuditSpool(tmp_path / "spool", app.app_context)
    spool.put(who, "GET /v1/balance", None, "succeeded", {"status": 200})
    opened = open_below(tmp_path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(mmap, "mmap", full)
        for _ in range(3):
            with pytest.raises(OSError, match="No space left"):
                spool.put(who, "GET /v1/charges", None, "succeeded", {"status": 200})
    assert open_below(tmp_path) == opened
    assert len(list((tmp_path / "spool").iterdir())) == 1
    spool.put(who, "GET /v1/refunds", None, "succeeded", {"status": 200})
    spool.flush()
    assert [row[1] for row in rows_of(app, who.account_id)] == ["GET /v1/balance", "GET /v1/refunds"]
