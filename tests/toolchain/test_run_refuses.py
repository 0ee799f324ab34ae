"""What `./run` cannot do on this machine it says in one clear line, with exit code 2 and no traceback."""

import ast
import os
import pty
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.places import LOOPBACK, ROOT
from tests.support import launched
from tests.support.ports import free_port

pytestmark = pytest.mark.slow


def refused(*arguments: str, data_dir: Path, **variables: str) -> str:
    """The one line that it says; fails where it says more or does something."""
    done = launched.command(*arguments, data_dir=data_dir, **variables)
    assert done.returncode == 2, done
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("florin: ")
    return line


def test_whoever_waits_at_a_terminal_is_told_at_once_that_it_starts(tmp_path: Path) -> None:
    terminal, its_end = pty.openpty()
    with os.fdopen(terminal, "rb", buffering=0) as seen, os.fdopen(its_end, "wb") as end:
        process = subprocess.Popen(
            [str(ROOT / "run")],
            env=launched.environment(tmp_path / "data", PORT="0"),
            stdin=subprocess.DEVNULL,
            stdout=end,
            stderr=end,
        )
        assert process.wait(60) == 2
        first, refusal = seen.read(4096).decode().splitlines()
    assert first.startswith("Starting Florin")
    assert refusal.startswith("florin: PORT=0 is not a port")


@pytest.mark.parametrize("variable", ["PORT", "BANK_PORT", "BANK2_PORT", "CLI_PORT"])
def test_a_busy_port_is_named_with_the_way_out(tmp_path: Path, variable: str) -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        line = refused(data_dir=tmp_path / "data", **{variable: str(port)})
    assert line == f"florin: port {port} is in use; choose another with {variable}=... ./run"


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "\uff18\uff10"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    assert f"PORT={text} is not a port" in refused(data_dir=tmp_path / "data", PORT=text)


def test_one_port_for_both_servers_is_refused(tmp_path: Path) -> None:
    port = str(free_port())
    assert "PORT and BANK_PORT are both" in refused(data_dir=tmp_path / "data", PORT=port, BANK_PORT=port)
    line = refused(data_dir=tmp_path / "data", BANK_PORT=port, BANK2_PORT=port)
    assert "BANK_PORT and BANK2_PORT are both" in line


def test_a_data_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file where a folder should be")
    line = refused(data_dir=tmp_path / "file" / "data")
    assert line.startswith(f"florin: cannot write to {tmp_path}/file/data (")
    assert "set DATA_DIR" in line


def test_a_bad_setting_is_told_before_anything_starts(tmp_path: Path) -> None:
    line = refused(data_dir=tmp_path / "data", DATABASE_URL="mysql://localhost/florin")
    assert "DATABASE_URL" in line


def test_a_redis_that_nobody_answers_at_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        line = refused(data_dir=tmp_path / "data", REDIS_URL=f"redis://:hunter2@{address}/0")
    assert address in line
    assert "hunter2" not in line


def test_a_redis_address_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "redis://" in refused(data_dir=tmp_path / "data", REDIS_URL="localhost:6379")


def test_an_unknown_command_points_to_the_help(tmp_path: Path) -> None:
    assert "no command `sevre`" in refused("sevre", data_dir=tmp_path / "data")


def test_help_names_every_command(tmp_path: Path) -> None:
    said = launched.command("--help", data_dir=tmp_path / "data").stdout
    for command in (
        "./run ",
        "./run demo",
        "./run test [--quick]",
        "./run lint",
        "./run bench",
        "./run florin",
    ):
        assert command in said


def test_without_a_python_that_is_new_enough_it_says_so(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        [str(ROOT / "run")], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Python 3.11 or newer is needed" in done.stderr


def test_a_newer_python_beside_an_old_one_is_found(tmp_path: Path) -> None:
    for name, script in (("python3", "exit 1"), ("python3.12", f'exec {sys.executable} "$@"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        [str(ROOT / "run"), "--help"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "./run demo" in done.stdout


def test_python_3_6_can_read_the_file_and_learn_that_it_is_too_old() -> None:
    ast.parse((ROOT / "run").read_text(), feature_version=(3, 6))
