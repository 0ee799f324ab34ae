"""Starts and stops the processes that are measured, each in its own process group."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import serve

REPOSITORY = Path(__file__).resolve().parent.parent
START_WITHIN_SECONDS = 60.0
STOP_WITHIN_SECONDS = 10.0
PR_SET_PDEATHSIG = 1
THREADS = 16  # of each contender; Florin has its own number
STEERING = (
    "REDIS_URL",
    "DATABASE_URL",
    "DATA_DIR",
    "PORT",
    "BANK_PORT",
    "WEB_WORKERS",
    "PUBLIC_URL",
    # An installed program starts from byte code; compiling a thousand modules leaves its traces in memory.
    "PYTHONDONTWRITEBYTECODE",
)


class BenchFailure(Exception):
    """The run is void: something failed to start, or an answer was not 2xx."""


@dataclass(frozen=True)
class Server:
    """A running contender (or the bank): where it listens and the root of its process tree."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """The root of the process tree."""
        return self.process.pid

    def stop(self) -> None:
        """Ask the whole group to end, then insist."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(STOP_WITHIN_SECONDS)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue

    def log_tail(self) -> str:
        """Give the last lines that the process wrote, for the message of a failure."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]


def free_port() -> int:
    """Find a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def granian(target: str, port: int, workers: int | None = None) -> list[str]:
    """Give the command line that serves a WSGI app as `serve.py` serves Florin, on fewer threads."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", str(workers or os.cpu_count() or 1), "--blocking-threads", str(THREADS)),
        *("--backlog", str(serve.BACKLOG), "--log-level", "warning", target),
    ]


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the environment of a child: ours, without what would steer a Florin that is not the bench's."""
    kept = {name: value for name, value in os.environ.items() if name not in STEERING}
    return {**kept, "PYTHONUNBUFFERED": "1", **(variables or {})}


def start(
    name: str, command: Sequence[str], port: int, folder: Path, variables: Mapping[str, str] | None = None
) -> Server:
    """Start a process from the repository's root and return once it accepts connections."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(command),
            cwd=REPOSITORY,
            env=environment(variables),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent(),  # noqa: PLW1509 - the bench has a single thread
        )
    server = Server(name, port, process, log)
    give_up_at = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < give_up_at:
        if process.poll() is not None:
            break
        if accepts_connections(port):
            return server
        time.sleep(0.05)
    server.stop()
    message = f"{name} did not start:\n{server.log_tail()}"
    raise BenchFailure(message)


def _end_with_parent() -> Callable[[], None]:
    """Let the kernel end a child when the bench itself is killed and cannot do it any more."""
    libc = ctypes.CDLL(None)  # loaded here: after a fork it would be too late

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return arrange


def accepts_connections(port: int) -> bool:
    """Say whether somebody listens on this loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
