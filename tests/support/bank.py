"""The bank simulator as the tests' outside world: a real process, reached by HTTP alone."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from launcher.places import LOOPBACK
from launcher.stack import is_healthy
from tests.support.ports import free_port
from tests.support.processes import running

SECRET = "the-word-between-the-tests-and-their-bank"
NOBODY = f"http://{LOOPBACK}:9/"  # the discard port, where nothing listens


@dataclass(frozen=True)
class Bank:
    """Where the bank answers, and the bearer token that it wants."""

    url: str
    secret: str


@contextmanager
def server(folder: Path, **variables: str) -> Iterator[Bank]:
    """A bank of its own, with empty books; `variables` are further BANK_* settings.

    It tells nobody anything unless it is given a BANK_NOTICE_URL.
    """
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    settings = {
        "BANK_PORT": str(port),
        "BANK_SECRET": SECRET,
        "BANK_NOTICE_URL": NOBODY,
        "DATA_DIR": str(folder),
        **variables,
    }
    command = [sys.executable, "-m", "bank_simulator"]
    log = folder / "bank.log"
    with running(
        "bank simulator", command, log=log, ready=lambda: is_healthy(f"{url}/health"), variables=settings
    ):
        yield Bank(url, SECRET)


def advance(bank: Bank, seconds: int) -> None:
    """Move the bank's clock forward; what is due by then has happened when this returns.

    A bank that other tests use too may be moved by seconds; who needs days starts one of its own.
    """
    headers = {"Authorization": f"Bearer {bank.secret}"}
    body = {"advance_seconds": seconds}
    answer = requests.post(f"{bank.url}/v1/clock", json=body, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
