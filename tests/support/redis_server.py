"""A real redis-server on a free port, without persistence, for the length of a block."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from launcher.places import LOOPBACK
from tests.support.ports import free_port
from tests.support.processes import running


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Yields its URL; a machine without redis-server fails in one clear line."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("redis-server is not installed: apt-get install redis-server", pytrace=False)
    port = free_port()
    options = [
        "--bind",
        LOOPBACK,
        "--port",
        str(port),
        "--dir",
        str(folder),
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    with running("redis-server", [program, *options], log=folder / "redis.log", ready=lambda: answers(port)):
        yield f"redis://{LOOPBACK}:{port}/0"


def answers(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
