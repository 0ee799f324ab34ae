"""Starts Florin's parts as processes, notices when one dies, and leaves none behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from launcher.places import ROOT
from launcher.refusal import Refusal

STOP_SECONDS = 10.0
LOG_LINES_SHOWN = 15
PR_SET_PDEATHSIG = 1
# The exit code of a part that cannot start with its settings.
REFUSED = 2


class ChildDied(Exception):
    """A part ended that should have gone on; the message names it and shows its last log lines."""


@dataclass(frozen=True)
class Child:
    """A running part: its name for people, its process, its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def ended(self) -> bool:
        return self.process.poll() is not None

    def death(self) -> Exception:
        """A part that refused its settings said why in its last line; any other death shows the log."""
        if self.process.returncode == REFUSED:
            said = self.log.read_text(errors="replace").strip().splitlines()
            return Refusal(said[-1].removeprefix("florin: ") if said else f"the {self.name} refused to start")
        return ChildDied(self.obituary())

    def obituary(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        shown = "\n".join(f"  {line}" for line in lines) or "  (nothing)"
        code = self.process.returncode
        return f"the {self.name} stopped (exit code {code}). The end of {self.log}:\n{shown}"


def start(
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    *,
    dies_with_parent: bool = True,
) -> Child:
    """Starts a part in a process group of its own, its output in its log file.

    A caller with several threads must not ask for `dies_with_parent`, which needs code between fork and exec.
    """
    if log.exists():
        log.replace(log.with_suffix(".previous.log"))
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is for the launcher, which ends them in order
            preexec_fn=_die_with_parent() if dies_with_parent else None,  # noqa: PLW1509 - the launcher has a single thread
        )
    return Child(name, process, log)


def finish(child: Child, seconds: float) -> None:
    """Waits until a part with a task to do (migrate, seed) has done it; raises where it failed."""
    try:
        child.process.wait(seconds)
    except subprocess.TimeoutExpired as late:
        stop([child])
        raise ChildDied(f"the {child.name} took longer than {seconds:.0f} s. {child.obituary()}") from late
    if child.process.returncode != 0:
        raise child.death()


def stop(children: Sequence[Child]) -> None:
    """Asks every part to end, last started first, and kills what has not after STOP_SECONDS."""
    for child in reversed(children):
        if not child.ended():
            child.process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in reversed(children):
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            print(f"florin: the {child.name} did not end in time and was killed", file=sys.stderr)
    kill(children)


def kill(children: Sequence[Child]) -> None:
    """Ends every part at once, with all that it started itself."""
    for child in children:
        with suppress(ProcessLookupError):  # the whole group has mostly ended already, as it should
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux the kernel itself ends the parts when the launcher is killed and cannot do it any more."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)  # loaded here: after a fork it would be too late
    launcher = os.getpid()

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != launcher:
            os._exit(1)  # the launcher died between the fork and the line above

    return arrange
