"""Real processes that may be killed at any moment: each part in a group of its own, started again."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.support.nursery import Fork

ROOT = Path(__file__).resolve().parents[2]
WATCH_SECONDS = 0.02
READY_SECONDS = 90.0
STOP_SECONDS = 15.0
FIRST = ("postgres", "redis")


class Running(Protocol):
    """A process that has been started: a program of the machine's, or a fork of the nursery's."""

    @property
    def pid(self) -> int: ...

    def ended(self) -> bool: ...

    def wait(self, seconds: float | None = None) -> None:
        """Return when it has ended, or when the time is over."""


class Program:
    """Another program, in a session of its own."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, user: str | None = None
    ) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
            )
        self.pid = self._process.pid

    def ended(self) -> bool:
        return self._process.poll() is not None

    def wait(self, seconds: float | None = None) -> None:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return


@dataclass
class Part:
    """One process with all that it starts; `begin` starts it, `ready` tells whether it serves."""

    name: str
    begin: Callable[[], Running]
    log: Path
    ready: Callable[[], bool]
    process: Running | None = None
    starts: int = 0
    started_at: float = 0.0
    retired: bool = False
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of_python(
        cls, name: str, entry: str, environment: Mapping[str, str], log: Path, ready: Callable[[], bool]
    ) -> "Part":
        """A part that calls the function at a dotted path."""
        return cls(name, lambda: Fork(entry, environment, log), log, ready)

    def start(self) -> None:
        with self._guard:
            self.process = self.begin()
            self.starts += 1
            self.started_at = time.monotonic()

    def age_seconds(self) -> float:
        return time.monotonic() - self.started_at

    def retire(self, *, at_once: bool = False) -> None:
        """Ends it for good, in order or at once."""
        self.retired = True
        if at_once:
            self.kill()
        self.stop()

    def alive(self) -> bool:
        return self.process is not None and not self.process.ended()

    def kill(self) -> bool:
        """SIGKILL to the whole group; False where there is nothing to kill."""
        with self._guard:
            if self.process is None or self.process.ended():
                return False
            self._signal(signal.SIGKILL)
            self.process.wait()
            return True

    def stop(self) -> None:
        if self.process is None:
            return
        if not self.process.ended():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGTERM)
            self.process.wait(STOP_SECONDS)
        self._signal(signal.SIGKILL)
        self.process.wait()

    def _signal(self, number: int) -> None:
        assert self.process is not None
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            if not self.process.ended():  # so young that it leads no group yet
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.process.pid, number)


class Supervisor:
    """Starts parts in order, and each again when it has died, as an operator's process manager would."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = {part.name: part for part in parts}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self) -> None:
        for part in self.parts.values():
            if not part.alive():
                part.start()
            if part.name in FIRST:
                wait_for(part.ready, part)  # the others cannot come up without it
        for part in self.parts.values():
            wait_for(part.ready, part)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for part in reversed(self.parts.values()):
            part.retire()

    def wait_until_ready(self) -> None:
        for part in self.parts.values():
            wait_for(part.ready, part, may_die=True)

    def _watch(self) -> None:
        while not self._stopping.wait(WATCH_SECONDS):
            for part in self.parts.values():
                if not part.alive() and not part.retired and not self._stopping.is_set():
                    part.start()


def wait_for(ready: Callable[[], bool], part: Part, *, may_die: bool = False) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        dead = not may_die and not part.alive()
        if dead or time.monotonic() > deadline:
            said = part.log.read_text(errors="replace")[-2000:]
            raise AssertionError(f"{part.name} does not serve; the end of its log:\n{said}")
        time.sleep(WATCH_SECONDS)
