"""How the bank is set up: its secrets, its limits, and one clear line where something is wrong."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bank_simulator.config import BadSetting, BankSettings, read_settings
from bank_simulator.storage import BadDatabase, Storage
from tests.bank.support import Caller, sqlite_in


def test_secrets_that_are_not_given_are_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = read_settings({"DATA_DIR": str(folder)})
    again = read_settings({"DATA_DIR": str(folder)})
    assert (first.secret, first.card_key) == (again.secret, again.card_key)
    assert len({first.secret, first.card_key.decode()}) == 2
    files = sorted((folder / "secrets").iterdir())
    assert [file.name for file in files] == ["bank_card_key", "bank_secret"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    settings = read_settings(
        {
            "DATA_DIR": str(tmp_path),
            "BANK_SECRET": "given",
            "BANK_PORT": "9001",
            "BANK_LATENCY_MS": "50",
            "BANK_BALANCE_MINOR": "100",
        }
    )
    assert (settings.secret, settings.port, settings.latency_ms) == ("given", 9001, 50)
    assert settings.limits.balance_minor == 100
    assert settings.database_url == f"sqlite:///{tmp_path.resolve()}/bank.sqlite3"


def test_no_secret_shows_when_settings_are_printed() -> None:
    shown = repr(BankSettings("the secret", b"the key", "postgresql://u:the password@h/d"))
    assert "the secret" not in shown
    assert "the key" not in shown
    assert "the password" not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BANK_PORT", "0"),
        ("BANK_PORT", "65536"),
        ("BANK_PORT", "eight"),
        ("BANK_PORT", "\u0668"),
        ("BANK_LATENCY_MS", "-1"),
        ("BANK_LATENCY_MS", "1.5"),
        ("BANK_THREADS", "0"),
    ],
)
def test_a_bad_number_is_refused_by_its_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings({"DATA_DIR": str(tmp_path), name: value})


def test_an_empty_secret_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "bank_secret").touch()
    with pytest.raises(BadSetting, match="bank_secret is empty"):
        read_settings({"DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://localhost/bank", "sqlite://", "sqlite:///:memory:", "oracle:"]
)
def test_a_database_that_cannot_keep_books_is_refused(url: str) -> None:
    with pytest.raises(BadDatabase):
        Storage(url)


def test_a_database_that_does_not_answer_is_told_in_one_line(tmp_path: Path) -> None:
    storage = Storage(f"postgresql://nobody@/bank?host={tmp_path}")
    with pytest.raises(BadDatabase) as refused:
        storage.create()
    assert "\n" not in str(refused.value)


def test_a_place_where_no_database_can_be_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(BadDatabase, match="cannot keep its database"):
        Storage(f"sqlite:///{file}/inside/bank.sqlite3")
    with pytest.raises(BadSetting, match="secret"):
        read_settings({"DATA_DIR": str(file)})


def test_two_banks_may_begin_on_one_database(either_url: str) -> None:
    first, second = Caller(either_url), Caller(either_url)
    first.authorize("ref_1")
    assert second.show("ref_1")["outcome"] == "approved"
    first.close()
    second.close()


def test_a_latency_is_the_least_that_an_answer_takes(tmp_path: Path) -> None:
    caller = Caller(sqlite_in(tmp_path), latency_ms=30)
    begun = time.monotonic()
    caller.authorize("ref_1")
    assert time.monotonic() - begun >= 0.03
    caller.close()


def test_a_bank_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        busy = start(tmp_path, BANK_PORT=port)
    wrong = start(tmp_path, BANK_DATABASE_URL="mysql://localhost/bank")
    assert (busy.returncode, wrong.returncode) == (2, 2)
    assert busy.stderr == f"bank: port {port} is busy; choose another with BANK_PORT.\n"
    assert wrong.stderr == "bank: BANK_DATABASE_URL has to be of sqlite or postgresql, not mysql.\n"


def start(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATA_DIR": str(folder), **variables}
    command = [sys.executable, "-m", "bank_simulator"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
