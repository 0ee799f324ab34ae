"""`./run lint` and `./run test`: the linters, then pytest, whose closing line is the last that is printed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from launcher import scratch
from launcher.places import ROOT

# By module, because the script in an environment breaks when the folder is moved.
FLOORS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_logo=True))"

# Each linter with its arguments, in the order in which they are quickest to fail.
LINTERS = (
    ("ruff check", ("-m", "ruff", "check", ".")),
    ("ruff format", ("-m", "ruff", "format", "--check", "--quiet", ".")),
    ("import-linter", ("-c", FLOORS)),
    ("mypy --strict", ("-m", "mypy", "--no-error-summary")),
)
# One more than the cores it is meant for: much of the suite waits, for servers, browsers and leases.
PROCESSES = "3"
# Neither browsers, loads and whole processes, nor the second database: the tests of both run on SQLite alone.
QUICK = ("-m", "not slow", "-k", "not postgresql")

# What the tests need besides Python, with the Debian package that has it.
PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "redis-server": ("redis-server",),
    "npm": ("npm",),  # fetches the official Stripe CLI
}


def lint(python: Path) -> int:
    """Runs every linter, so that one run shows all that is wrong; returns 1 where any found something."""
    failed = []
    for name, arguments in LINTERS:
        done = subprocess.run([str(python), *arguments], cwd=ROOT, check=False)
        print(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'}", flush=True)
        if done.returncode != 0:
            failed.append(name)
    return 1 if failed else 0


def test(python: Path, arguments: Sequence[str]) -> int:
    """Lints, then runs pytest with the given arguments; `--quick` leaves out much (see QUICK)."""
    if lint(python) != 0:
        print("florin: the linters have to pass before the tests run (./run lint)", file=sys.stderr)
        return 1
    missing = [package for package, names in PROGRAMS.items() if not any(map(shutil.which, names))]
    if missing:
        packages = " ".join(missing)
        print(f"florin: this machine lacks {packages}; tests that need them fail. apt-get install {packages}")
    given = [argument for argument in arguments if argument != "--quick"]
    command = [str(python), "-m", "pytest"]
    if not any(argument.startswith(("-n", "--numprocesses", "--pdb")) for argument in given):
        command += ["-n", PROCESSES, "--dist", "worksteal"]
    if "--quick" in arguments:
        command += QUICK
    sys.stdout.flush()
    with scratch.folder() as place:
        return subprocess.run([*command, *given], cwd=ROOT, env=_environment(place), check=False).returncode


def _environment(place: Path | None) -> dict[str, str]:
    """Ours, files in `place`, byte code kept: the suite starts hundreds of processes, none compiles anew."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept if place is None else {**kept, "TMPDIR": str(place)}
