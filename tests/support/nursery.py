"""Florin's and the bank's processes as forks of one that has imported all of it, once for each test process.

Importing is more than a second of a core, and a campaign starts such processes again and again. From its fork
on each is a process like any other: a group, threads, sockets and connections of its own; the one that it is
forked from has opened nothing, started nothing and read no settings.
"""

import importlib
import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerContext
from pathlib import Path

PRELOADED = ["tests.support.preloaded"]


def context() -> ForkServerContext:
    """Where such processes come from. Whoever asks first has the one server of this process import."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(PRELOADED)
    return found


class Fork:
    """A process that calls the function at a dotted path, as `python -m` would have it called.

    It leads a group of its own, its environment is the given one alone, and what it says goes to `log`.
    """

    def __init__(self, entry: str, environment: Mapping[str, str], log: Path) -> None:
        self._process = context().Process(target=_live, args=(entry, dict(environment), str(log)), name=entry)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def ended(self) -> bool:
        return not self._process.is_alive()

    def wait(self, seconds: float | None = None) -> None:
        """Return when it has ended, or when the time is over."""
        self._process.join(seconds)

    @property
    def exit_code(self) -> int | None:
        return self._process.exitcode


def _live(entry: str, environment: dict[str, str], log: str) -> None:
    """All that a process has from birth, and then its function; in the child."""
    os.setsid()
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for number in (1, 2):
        os.dup2(said, number)
    os.close(said)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # text streams have it
    os.environ.clear()
    os.environ.update(environment)
    # What it starts itself are forks again, which is granian's way, and not children of the nursery.
    multiprocessing.set_start_method("fork", force=True)
    module, _, name = entry.rpartition(".")
    sys.exit(getattr(importlib.import_module(module), name)())
