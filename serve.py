"""Serves the gateway with granian; `./run` starts it, and so may any process manager in production."""

from __future__ import annotations

import ctypes
import importlib
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

import config
from kit import crew

HOST = "127.0.0.1"
# As many requests may wait for a bank at once; how many are worked on is WEB_PLACES (kit/admission.py).
THREADS = 64
IDLE_SECONDS = 5  # a thread that has rested and is not wanted ends after as much again
BACKLOG = 1024
STOP_SECONDS = 5
MOST_WORKERS = 64
MOST_THREADS = 256
M_ARENA_MAX = -8  # as glibc's malloc.h numbers it
# Granian's own allocator reads this as it is loaded: one heap, and what is free goes back at once. Each of
# 64 threads would keep some hundred KiB otherwise.
GRANIANS_HEAP = ("_RJEM_MALLOC_CONF", "narenas:1,tcache:false,dirty_decay_ms:0,muzzy_decay_ms:0")
BAD_START = 2  # the exit code of a part that cannot start with its settings


def workers(settings: config.Settings) -> int:
    """As many processes as cores on PostgreSQL; on SQLite one, because it has one writer anyway."""
    asked = _asked("WEB_WORKERS", MOST_WORKERS)
    if asked is not None:
        return asked
    return 1 if settings.database_url.startswith("sqlite") else os.cpu_count() or 1


def _asked(name: str, most: int) -> int | None:
    asked = os.environ.get(name)
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked) <= most):
        raise config.BadSetting(f"{name} must be a whole number from 1 to {most}, not {asked!r}")
    return int(asked)


def refuse_busy_port(port: int) -> None:
    """Granian shares its port with any other server that does the same, so it would not notice one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as problem:
            raise config.BadSetting(f"port {port} is busy; choose another with PORT") from problem


def share_one_heap() -> None:
    """Have glibc keep one heap instead of one for each thread; the workers are forked and inherit it.

    The environment's MALLOC_ARENA_MAX is read as a process begins, which forked ones never do.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # which only glibc has
    if mallopt is not None and "MALLOC_ARENA_MAX" not in os.environ:
        mallopt(M_ARENA_MAX, 1)


def let_threads_rest(most: int) -> None:
    """Have granian's threads rest once they have answered, but for so many (kit/crew.py).

    Granian has no hook behind an answer; what it wraps a WSGI app in is as near as one comes.
    """
    processes: Any = importlib.import_module("granian.server.mp")
    wrapped = processes._wsgi_call_wrap  # noqa: SLF001 - as above

    def wrap(*arguments: Any) -> Callable[[Any, Any], int]:
        answer = wrapped(*arguments)
        threads = crew.Crew(most)

        def answer_and_rest(protocol: Any, scope: Any) -> int:
            threads.take()
            status: int = answer(protocol, scope)
            threads.rest()
            return status

        return answer_and_rest

    processes._wsgi_call_wrap = wrap  # noqa: SLF001 - as above


def main() -> int:
    # Rows of queries go through the process's own file; see docs/decisions.
    os.environ.setdefault("SPOOL_QUERIES", "true")
    share_one_heap()
    os.environ.setdefault(*GRANIANS_HEAP)
    try:
        settings = config.load(os.environ)
        count = workers(settings)
        threads = _asked("WEB_THREADS", MOST_THREADS) or THREADS
        refuse_busy_port(settings.port)
    except config.BadSetting as bad:
        sys.stderr.write(f"gateway: {bad}\n")
        return BAD_START
    from granian import Granian  # noqa: PLC0415 - its allocator is told before how to do its work
    from granian.constants import Interfaces  # noqa: PLC0415

    let_threads_rest(settings.web_places)
    Granian(
        "wsgi:app",
        address=HOST,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=count,
        blocking_threads=threads,
        blocking_threads_idle_timeout=IDLE_SECONDS,
        backlog=BACKLOG,
        workers_kill_timeout=STOP_SECONDS,
        websockets=False,
    ).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
