"""The environment is made once, with what the machine has, and again only when it no longer fits."""

import subprocess
import sys
from pathlib import Path

import pytest

from launcher import environment
from launcher.refusal import Refusal

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose locks ask for nothing, on a machine without uv."""
    root = tmp_path / "repository"
    root.mkdir()
    for lock_name in (environment.SERVING, environment.TESTING):
        (root / lock_name).write_text("# nothing\n")
    monkeypatch.setattr(environment, "ROOT", root)
    monkeypatch.setenv("PATH", "/nowhere")
    return root


def ensure(root: Path, lock_name: str = environment.SERVING) -> Path:
    return environment.ensure(lock_name, root / "data")


def forbid_making(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_make", lambda *_: pytest.fail("it was made again"))


def test_nothing_but_python_is_needed_to_make_it(root: Path) -> None:
    python = ensure(root)
    assert python == root / ".venv" / "bin" / "python"
    asked = "import sys; print(sys.prefix, sys.version_info[:2])"
    done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == f"{root}/.venv {sys.version_info[:2]}\n"


def test_what_is_made_is_not_made_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = ensure(root)
    forbid_making(monkeypatch)
    assert ensure(root) == python


def test_the_tests_environment_serves_too(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = ensure(root, environment.TESTING)
    forbid_making(monkeypatch)
    assert ensure(root, environment.SERVING) == python


def test_a_lock_that_changed_is_installed(root: Path) -> None:
    ensure(root)
    (root / environment.SERVING).write_text("# something else\n")
    ensure(root)
    assert (root / ".venv" / "florin-requirements.txt.sha256").read_text() == environment._seal(
        environment.SERVING
    )


def test_an_environment_whose_python_is_gone_is_made_anew(root: Path) -> None:
    python = ensure(root)
    python.unlink()
    assert ensure(root).exists()


def test_where_uv_fails_pip_does_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uv = root / "uv"
    uv.write_text("#!/bin/sh\nexit 1\n")
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", str(root))
    assert ensure(root).exists()


def test_a_read_only_repository_keeps_it_in_the_data_folder(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        environment, "why_not_writable", lambda folder: "read-only file system" if folder == root else None
    )
    (root / "data").mkdir()
    assert ensure(root) == root / "data" / "venv" / "bin" / "python"


def test_where_nothing_can_be_written_it_says_what_to_do(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "why_not_writable", lambda _: "read-only file system")
    with pytest.raises(Refusal, match=r"set DATA_DIR to a folder that Florin may write to") as refusal:
        ensure(root)
    assert str(root) in str(refusal.value)


def test_a_requirement_that_does_not_match_its_hash_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = root / environment.PIP.name
    wheel.write_bytes(environment.PIP.read_bytes())
    (root / environment.SERVING).write_text(f"pip==26.3 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(root))
    with pytest.raises(Refusal, match=r"could not install the requirements of requirements\.txt"):
        ensure(root)
