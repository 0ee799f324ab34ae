"""`./run test` keeps the tests' files in memory where there is enough, and gives all of it back."""

import os
from pathlib import Path

import pytest

from launcher import scratch

NOBODYS_ID = 2**22 + 1  # above the highest id that Linux gives to a process


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands in for the machine's memory, and is roomy enough."""
    monkeypatch.setattr(scratch, "MEMORY", tmp_path)
    monkeypatch.setattr(scratch, "ENOUGH_BYTES", 1)
    monkeypatch.delenv("TMPDIR", raising=False)
    return tmp_path


def test_a_run_has_a_folder_of_its_own_that_is_gone_afterwards(memory: Path) -> None:
    with scratch.folder() as made:
        assert made is not None
        assert made.parent == memory
        (made / "rows.sqlite3").write_text("rows")
    assert list(memory.iterdir()) == []


def test_what_a_killed_run_left_is_deleted_and_what_another_uses_is_not(memory: Path) -> None:
    left, used = (memory / f"{scratch.PREFIX}{pid}" for pid in (NOBODYS_ID, os.getppid()))
    for folder in (left, used):
        folder.mkdir()
    with scratch.folder():
        assert not left.exists()
        assert used.exists()


def test_what_a_killed_run_of_the_same_number_left_is_in_nobodys_way(memory: Path) -> None:
    left = memory / f"{scratch.PREFIX}{os.getpid()}" / "rows.sqlite3"
    left.parent.mkdir()
    left.write_text("rows")
    with scratch.folder() as made:
        assert made == left.parent
        assert not left.exists()


@pytest.mark.usefixtures("memory")
def test_a_small_memory_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "ENOUGH_BYTES", 2**80)
    with scratch.folder() as made:
        assert made is None


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(("confined_to", "in_memory"), [("max", True), ("5000", True), ("4999", False)])
def test_a_container_gives_no_more_than_it_has(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    confined_to: str,
    in_memory: bool,
) -> None:
    limits = tmp_path_factory.mktemp("limits")
    (limits / "memory.max").write_text(f"{confined_to}\n")
    (limits / "memory.current").write_text("4000\n")
    monkeypatch.setattr(scratch, "MEMORY_OF_THE_CONTAINER", limits)
    monkeypatch.setattr(scratch, "ENOUGH_BYTES", 1000)
    with scratch.folder() as made:
        assert (made is not None) == in_memory


def test_a_machine_without_such_a_folder_uses_its_disk(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "MEMORY", memory / "nowhere")
    with scratch.folder() as made:
        assert made is None


def test_who_says_where_temporary_files_go_has_them_there(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(memory / "mine"))
    with scratch.folder() as made:
        assert made is None
