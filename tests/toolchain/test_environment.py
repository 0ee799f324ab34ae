"""The environment is made once, with what the machine has, and again only when it no longer fits."""

import subprocess
import sys
from pathlib import Path

import pytest

from launcher import environment
from launcher.refusal import Refusal

pytestmark = pytest.mark.slow


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose locks ask for nothing, on a machine without uv."""
    root = tmp_path / "house"
    root.mkdir()
    for lock_name in (environment.SERVING, environment.TESTING):
        (root / lock_name).write_text("# nothing\n")
    monkeypatch.setattr(environment, "ROOT", root)
    monkeypatch.setenv("PATH", "/nowhere")
    return root


def ensure(house: Path, lock_name: str = environment.SERVING) -> Path:
    return environment.ensure(lock_name, house / "data")


def forbid_making(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_make", lambda *_: pytest.fail("it was made again"))


def test_nothing_but_python_is_needed_to_make_it(house: Path) -> None:
    python = ensure(house)
    assert python == house / ".venv" / "bin" / "python"
    asked = "import sys; print(sys.prefix, sys.version_info[:2])"
    done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == f"{house}/.venv {sys.version_info[:2]}\n"


def test_what_is_made_is_not_made_again(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = ensure(house)
    forbid_making(monkeypatch)
    assert ensure(house) == python


def test_the_tests_environment_serves_too(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = ensure(house, environment.TESTING)
    forbid_making(monkeypatch)
    assert ensure(house, environment.SERVING) == python


def test_a_lock_that_changed_is_installed(house: Path) -> None:
    ensure(house)
    (house / environment.SERVING).write_text("# something else\n")
    ensure(house)
    assert (house / ".venv" / "florin-requirements.txt.sha256").read_text() == environment._seal(
        environment.SERVING
    )


def test_an_environment_whose_python_is_gone_is_made_anew(house: Path) -> None:
    python = ensure(house)
    python.unlink()
    assert ensure(house).exists()


def test_where_uv_fails_pip_does_it(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uv = house / "uv"
    uv.write_text("#!/bin/sh\nexit 1\n")
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", str(house))
    assert ensure(house).exists()


def test_a_read_only_repository_keeps_it_in_the_data_folder(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        environment, "why_not_writable", lambda folder: "read-only file system" if folder == house else None
    )
    (house / "data").mkdir()
    assert ensure(house) == house / "data" / "venv" / "bin" / "python"


def test_where_nothing_can_be_written_it_says_what_to_do(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "why_not_writable", lambda _: "read-only file system")
    with pytest.raises(Refusal, match=r"set DATA_DIR to a folder that Florin may write to") as refusal:
        ensure(house)
    assert str(house) in str(refusal.value)


def test_a_requirement_that_does_not_match_its_hash_is_refused(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = house / environment.PIP.name
    wheel.write_bytes(environment.PIP.read_bytes())
    (house / environment.SERVING).write_text(f"pip==26.3 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(house))
    with pytest.raises(Refusal, match=r"could not install the requirements of requirements\.txt"):
        ensure(house)
