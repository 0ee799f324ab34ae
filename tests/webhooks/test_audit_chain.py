"""The audit log's chain: sealed behind the hot path, and no tampering goes unnoticed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, text

from kit import clock, database
from kit.database import db
from payments import audit, audit_chain
from payments.audit_chain import AuditSeal, Broken
from payments.scope import Caller, acting_as

NOW = 1_800_000_000
Tamper = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("merchant")


@pytest.fixture
def head_file(tmp_path: Path) -> Path:
    return tmp_path / "audit_head.log"


@pytest.fixture
def sealed(
    house: Flask, merchant: Caller, head_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Three batches of four rows each, sealed and anchored."""
    monkeypatch.setattr(audit_chain, "BATCH_ROWS", 4)
    with house.app_context(), acting_as(merchant), time_machine.travel(NOW, tick=False) as traveller:
        write_rows(12)
        traveller.shift(audit_chain.SETTLED_SECONDS)
        assert seal_all(head_file) == 3
        yield


def write_rows(count: int) -> None:
    for number in range(count):
        audit.record("GET /v1/customers/{id}", f"cus_{number}", status=200, z="last", a="first")
    database.commit()


def seal_all(head_file: Path) -> int:
    count = 0
    while (seal := audit_chain.seal_next()) is not None:
        database.commit()
        audit_chain.anchor(seal, head_file)
        count += 1
    return count


def tamper(statement: str, *, forget: bool = True) -> None:
    with db.engine.connect() as connection:  # these tables have no triggers, as if they had been switched off
        connection.execute(text(statement))
    if forget:
        database.rollback()


@pytest.mark.usefixtures("sealed")
def test_what_nobody_touched_verifies(head_file: Path) -> None:
    assert audit_chain.verify() is None
    assert audit_chain.verify(head_file) is None
    assert len(head_file.read_text().splitlines()) == 3


def test_rows_are_sealed_only_once_they_have_settled(house: Flask, head_file: Path) -> None:
    with house.app_context(), time_machine.travel(NOW, tick=False) as traveller:
        write_rows(3)
        traveller.shift(audit_chain.SETTLED_SECONDS - 1)
        write_rows(2)
        assert seal_all(head_file) == 0
        traveller.shift(1)
        assert seal_all(head_file) == 1
        assert seal_all(head_file) == 0
        assert audit_chain.verify(head_file) is None
        traveller.shift(audit_chain.SETTLED_SECONDS)
        assert seal_all(head_file) == 1
        assert audit_chain.verify(head_file) is None
        assert clock.now() > NOW


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(
    ("statement", "batch"),
    [
        ("UPDATE audit_rows SET outcome = 'declined' WHERE seq = 6", 2),
        ("UPDATE audit_rows SET details = '{}' WHERE seq = 1", 1),
        ("DELETE FROM audit_rows WHERE seq = 12", 3),
        ("DELETE FROM audit_rows WHERE seq BETWEEN 5 AND 8", 2),
        ("UPDATE audit_rows SET seq = 100 WHERE seq = 3", 1),
        ("UPDATE audit_rows SET address = object_id, object_id = address WHERE seq = 9", 3),
        ("UPDATE audit_seals SET digest = previous_digest WHERE seq = 2", 2),
        ("DELETE FROM audit_seals WHERE seq = 2", 3),
        ("UPDATE audit_seals SET last_seq = 7 WHERE seq = 2", 2),
    ],
)
def test_a_changed_or_deleted_row_names_the_first_broken_batch(statement: str, batch: int) -> None:
    tamper(statement)
    broken = audit_chain.verify()
    assert isinstance(broken, Broken)
    assert broken.seal_seq == batch


def test_a_row_put_in_between_is_found(house: Flask, head_file: Path) -> None:
    with house.app_context(), time_machine.travel(NOW, tick=False) as traveller:
        write_rows(2)
        tamper("UPDATE audit_rows SET seq = 5 WHERE seq = 2")  # a gap, as a rolled-back write leaves one
        traveller.shift(audit_chain.SETTLED_SECONDS)
        assert seal_all(head_file) == 1
        assert audit_chain.verify(head_file) is None
        columns = "account_id, livemode, created, actor, action, object_id, outcome, details"
        tamper(
            f"INSERT INTO audit_rows (seq, {columns}) SELECT 3, {columns} FROM audit_rows WHERE seq = 1"  # noqa: S608
        )
        broken = audit_chain.verify()
        assert broken == Broken(1, 1, 5, "2 rows were sealed and more are there")


@pytest.mark.usefixtures("sealed")
def test_a_chain_that_was_made_anew_as_a_whole_shows_against_the_head_s_file(head_file: Path) -> None:
    tamper("UPDATE audit_rows SET outcome = 'declined' WHERE seq = 6")
    tamper("DELETE FROM audit_seals")
    assert seal_all(head_file.with_name("another.log")) == 3
    assert audit_chain.verify() is None
    broken = audit_chain.verify(head_file)
    assert broken is not None
    assert (broken.seal_seq, broken.problem) == (2, "the seal is not the one in the head's file")


@pytest.mark.usefixtures("sealed")
def test_a_chain_whose_end_was_cut_off_shows_against_the_head_s_file(head_file: Path) -> None:
    tamper("DELETE FROM audit_seals WHERE seq = 3")
    tamper("DELETE FROM audit_rows WHERE seq > 8")
    assert audit_chain.verify() is None
    broken = audit_chain.verify(head_file)
    assert broken is not None
    assert broken.seal_seq == 3


@pytest.mark.usefixtures("sealed")
def test_of_two_that_seal_at_once_one_wins(head_file: Path) -> None:
    write_rows(1)
    with time_machine.travel(NOW + 100, tick=False):
        assert audit_chain.seal_next() is not None
        tamper("INSERT INTO audit_seals SELECT 4, 13, 13, 1, 'x', 'y', 1", forget=False)
        with pytest.raises(database.DuplicateRow):
            database.commit()
        database.rollback()
    assert len(head_file.read_text().splitlines()) == 3


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_a_row_that_is_still_being_written_is_waited_for_and_never_takes_a_batch_for_broken(
    house: Flask, head_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_chain, "LOOK_AGAIN_SECONDS", 0.001)
    with house.app_context(), time_machine.travel(NOW, tick=False) as traveller:
        slow = db.engine.connect()
        slow.execute(text("BEGIN"))
        columns = "account_id, livemode, created, actor, action, outcome, details"
        slow.execute(
            text(f"INSERT INTO audit_rows ({columns}) VALUES ('acct', false, {NOW}, 'a', 'b', 'c', '{{}}')")  # noqa: S608
        )
        write_rows(3)  # with higher numbers, and earlier in the table
        traveller.shift(audit_chain.SETTLED_SECONDS)
        assert seal_all(head_file) == 0
        slow.execute(text("COMMIT"))
        slow.close()
        assert seal_all(head_file) == 1
        assert audit_chain.verify(head_file) is None
        sealed = db.session.scalars(select(AuditSeal)).one()
    assert (sealed.first_seq, sealed.row_count) == (1, 4)
