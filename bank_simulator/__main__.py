"""`python -m bank_simulator` serves the bank on 127.0.0.1, at BANK_PORT, until it is told to stop."""

import ctypes
import os
import signal
import socket
import sys

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from bank_simulator import create_bank
from bank_simulator.config import BadSetting, BankSettings, read_settings
from bank_simulator.storage import BadDatabase, Storage

HOST = "127.0.0.1"
PR_SET_PDEATHSIG = 1
BAD_START = 2  # the exit status of a bank that cannot start


def main() -> int:
    try:
        settings = read_settings()
        embedded = _made_database(settings)
        _refuse_busy_port(settings.port)
    except (BadSetting, BadDatabase) as problem:
        sys.stderr.write(f"bank: {problem}\n")
        return BAD_START
    sys.stderr.write(f"bank: serving on http://{HOST}:{settings.port}\n")
    Granian(
        "bank_simulator.__main__:worker",
        factory=True,
        address=HOST,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1 if embedded else settings.workers,  # SQLite has one writer, so one process is best
        blocking_threads=settings.threads,
        log_level=LogLevels.error,
        websockets=False,
    ).serve()
    return 0


def worker() -> Flask:
    """What granian loads into each of its worker processes, which must not outlive the one above."""
    if sys.platform.startswith("linux"):
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # it died between the two lines, too early for the kernel to tell
    bank = create_bank()
    bank.extensions["bank"].start()
    return bank


def _made_database(settings: BankSettings) -> bool:
    """Makes the tables before any worker starts, so that a bad address is one line and no traceback."""
    storage = Storage(settings.database_url)
    try:
        storage.create()
    finally:
        storage.close()
    return storage.embedded


def _refuse_busy_port(port: int) -> None:
    """Granian shares its port with any other server that does the same, so it would not notice one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as problem:
            raise BadSetting(f"port {port} is busy; choose another with BANK_PORT.") from problem


if __name__ == "__main__":
    sys.exit(main())
