"""The trail's page tells how far it can be trusted, and verifies what it shows when it was tampered with."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

import sweeps
from config import load
from dashboard.presentation import exact
from kit import clock
from kit.database import db
from payments import audit_chain, audit_search, audit_state
from tests.conftest import Make
from tests.dashboard.test_the_trail_is_searched import TRAIL, happened, rows
from tests.support import databases, gateway, houses
from tests.support.bank import Bank
from tests.support.desk import Desk, Shop, Sight


@pytest.fixture(params=databases.KINDS)
def app(request: pytest.FixtureRequest, new_database: Make, bank: Bank, tmp_path: Path) -> Iterator[Flask]:
    """A house whose chain nobody else adds to."""
    with houses.opened(load(gateway.variables(new_database(request.param), bank, tmp_path))) as app:
        yield app


@pytest.fixture
def data_dir(app: Flask) -> Path:
    folder: Path = app.config["FLORIN"].data_dir
    return folder


def seal(app: Flask, monkeypatch: pytest.MonkeyPatch, *, at: int | None = None) -> None:
    """Seal all that is there, as the sweep does some seconds later."""
    moment = (clock.now() if at is None else at) + audit_chain.SETTLED_SECONDS
    with app.app_context(), monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: moment)
        sweeps.seal_audit_rows()


def verified(desk: Desk, **given: str) -> Sight:
    return desk.open(TRAIL, query_string={"check": "yes", **given})


def tamper(app: Flask, statement: str) -> None:
    """Change what is append-only, as somebody with the database in their hands could."""
    with app.app_context(), db.engine.connect() as connection:
        if db.engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        else:
            for name in connection.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(statement))
        if db.engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = DEFAULT"))


def test_while_nothing_is_sealed_the_page_says_so(desk: Desk) -> None:
    seen = verified(desk)
    assert "nothing yet" in seen.text
    assert "too young to be sealed" in seen.text
    assert "never, as far as this server knows" in seen.text
    assert "as they were sealed" not in seen.text


def test_sealed_rows_are_verified_on_the_spot(
    app: Flask, shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.pay()
    seal(app, monkeypatch)
    seen = desk.open(TRAIL)
    assert "a copy of this seal, which is the same" in seen.text
    assert "Verify the rows above now" in seen.text
    count = rows(desk.open(f"{TRAIL}?kind=change"))
    told = verified(desk, kind="change")
    assert f"{count} of the {count} rows above are as they were sealed." in told.text
    assert "all of them compared with the copy outside the database" in told.text


@pytest.mark.parametrize("change", ["outcome = 'failed'", "created = created - 60", "actor = 'nobody'"])
def test_a_row_that_was_changed_shows(
    app: Flask, shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    happened(app, shop, object_id="re_touched")
    seal(app, monkeypatch)
    tamper(app, f"UPDATE audit_rows SET {change} WHERE object_id = 're_touched'")  # noqa: S608 - the changes above
    seen = verified(desk, object="re_touched")
    assert "Seal 1 does not hold" in seen.text
    assert "a row was changed after it was sealed" in seen.text


def test_a_row_that_is_gone_shows_by_its_neighbours(
    app: Flask, shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened(app, shop, object_id="re_gone")
    happened(app, shop, object_id="re_left")
    seal(app, monkeypatch)
    tamper(app, "DELETE FROM audit_rows WHERE object_id = 're_gone'")
    assert "rows were sealed and" in verified(desk, object="re_left").text


def test_a_chain_that_was_rewritten_shows_by_the_copy_outside(
    app: Flask, shop: Shop, desk: Desk, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened(app, shop, object_id="re_touched")
    seal(app, monkeypatch)
    tamper(app, "UPDATE audit_rows SET outcome = 'failed' WHERE object_id = 're_touched'")
    tamper(app, "DELETE FROM audit_seals")
    head = data_dir / audit_chain.HEAD_FILE
    kept = head.read_bytes()
    seal(app, monkeypatch)
    head.write_bytes(kept)
    assert "a copy of this seal that is another one" in desk.open(TRAIL).text
    assert audit_state.OTHERWISE in verified(desk, object="re_touched").text
    head.unlink()
    seen = verified(desk, object="re_touched", kind="change")
    assert "rewritten as a whole would not show here" in seen.text
    assert "1 of the 1 rows above are as they were sealed." in seen.text
    assert "0 of them compared" in seen.text


def test_the_last_walk_along_the_whole_chain_is_told(desk: Desk, data_dir: Path) -> None:
    audit_state.note(audit_state.Verified(1_764_331_200, 812, None), data_dir)
    assert "all 812 seals held at 28 Nov 2025, 12:00:00 UTC" in desk.open(TRAIL).text
    audit_state.note(audit_state.Verified(1_764_331_200, 812, 7), data_dir)
    assert "seal 7 did not hold" in desk.open(TRAIL).text
    (data_dir / audit_state.NOTE_FILE).write_text('{"at": 1')
    assert "never, as far as this server knows" in desk.open(TRAIL).text


def test_only_so_many_seals_are_verified_at_once(
    app: Flask, shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_state, "MOST_SEALS", 2)
    for number in range(4):
        happened(app, shop, object_id="re_1")
        seal(app, monkeypatch, at=clock.now() + number)
    seen = verified(desk, object="re_1")
    assert "2 of the 4 rows above are as they were sealed." in seen.text
    assert "2 more lie in older seals and were not checked." in seen.text


def test_seals_bound_a_time_and_lose_nothing(app: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is outside of a time is not even looked at: rows are told from it by the seals around them."""
    start = clock.now()
    for number in range(4):
        moment = start + number * 3 * audit_search.LATEST_SECONDS
        happened(app, shop, object_id=f"re_{number}", at=moment)
        seal(app, monkeypatch, at=moment)
    desk = shop.desk()
    monkeypatch.setattr(audit_search, "MOST_LOOKED_AT", 3)
    for number in range(3):
        at = written(start + number * 3 * audit_search.LATEST_SECONDS)
        seen = desk.open(TRAIL, query_string={"from": at, "to": at, "kind": "change", "actor": "system"})
        assert f"re_{number}" in seen.text


def written(seconds: int) -> str:
    """A moment as the form's field sends it."""
    return exact(seconds).removesuffix("Z")
