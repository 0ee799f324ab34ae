"""Makes Florin's own Python environment, once for each lock, from the hash-pinned requirements."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launcher.places import ROOT, why_not_writable
from launcher.refusal import Refusal

SERVING = "requirements.txt"
TESTING = "requirements-dev.txt"  # holds all of requirements.txt too

# pip as its authors publish it, so that a Python without pip and ensurepip (bare Debian) is enough.
PIP = ROOT / "launcher" / "bundled" / "pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"

# Settings of the user's pip that would put the packages elsewhere than into the environment.
MISLEADING = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV", "PYTHONHOME")


def ensure(lock_name: str, data_dir: Path) -> Path:
    """Returns the environment's Python, with the lock's packages installed; makes what is missing."""
    folder = _folder(data_dir)
    python = folder / "bin" / "python"
    if _is_ready(folder, python, lock_name):
        return python
    with _alone(folder):
        if not _is_ready(folder, python, lock_name):  # another ./run may have made it while this one waited
            _make(folder, python, lock_name)
    return python


def _folder(data_dir: Path) -> Path:
    """`.venv` in the repository, or in the data folder where the repository is read-only."""
    reason = why_not_writable(ROOT)
    if reason is None:
        return ROOT / ".venv"
    reason_there = why_not_writable(data_dir)
    if reason_there is None:
        return data_dir / "venv"
    raise Refusal(
        f"cannot write to {ROOT} ({reason}) nor to {data_dir} ({reason_there});"
        " set DATA_DIR to a folder that Florin may write to"
    )


def _is_ready(folder: Path, python: Path, lock_name: str) -> bool:
    stamps = {name: _stamp(folder, name) for name in (lock_name, TESTING)}
    installed = any(stamp.is_file() and stamp.read_text() == _seal(name) for name, stamp in stamps.items())
    return installed and _version(python) is not None


def _make(folder: Path, python: Path, lock_name: str) -> None:
    if folder.exists() and _version(python) is None:
        shutil.rmtree(folder)  # an upgrade of the system's Python leaves an environment that cannot run
    started = "Installing Florin's requirements, once"
    print(f"{started} (into {folder}; a minute or so) ...", file=sys.stderr, flush=True)
    if not _make_with_uv(folder, python, lock_name):
        _make_with_pip(folder, python, lock_name)
    _stamp(folder, lock_name).write_text(_seal(lock_name))


def _make_with_uv(folder: Path, python: Path, lock_name: str) -> bool:
    """Returns False where uv is not installed or could not do it; pip, with its own settings, may still."""
    uv = shutil.which("uv")
    if uv is None:
        return False
    if not python.exists() and _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)]):
        return False
    install = [uv, "pip", "install", "--quiet", "--python", str(python)]
    return _run([*install, "--require-hashes", "-r", str(ROOT / lock_name)]) is None


def _make_with_pip(folder: Path, python: Path, lock_name: str) -> None:
    if not python.exists():
        problem = _run([sys.executable, "-m", "venv", "--without-pip", "--clear", str(folder)])
        if problem:
            raise Refusal(
                f"Python could not make an environment in {folder} ({problem});"
                " on Debian or Ubuntu: apt-get install python3-venv"
            )
    if hashlib.sha256(PIP.read_bytes()).hexdigest() != PIP_SHA256:
        raise Refusal(f"{PIP} is not the file that Florin ships; take it from the repository again")
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-script-location"]
    lock = ["--require-hashes", "-r", str(ROOT / lock_name)]
    problem = _run([str(python), str(PIP / "pip"), "install", *options, *lock])
    if problem:
        raise Refusal(f"could not install the requirements of {lock_name}: {problem}")


def _run(command: list[str]) -> str | None:
    """Runs a command quietly; returns None where it succeeded, else the last line that it said."""
    environment = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return None
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or [f"exit code {done.returncode}"])[-1]


def _stamp(folder: Path, lock_name: str) -> Path:
    return folder / f"florin-{lock_name}.sha256"


def _seal(lock_name: str) -> str:
    return hashlib.sha256((ROOT / lock_name).read_bytes()).hexdigest()


def _version(python: Path) -> str | None:
    """The environment's Python version; None where it cannot run or its packages are another version's."""
    try:
        asked = [str(python), "-I", "-S", "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"]
        version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    packages = python.parent.parent / "lib" / version / "site-packages"
    return version if packages.is_dir() else None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two commands started together make the environment once; the second waits."""
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
