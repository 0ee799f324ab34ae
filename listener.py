"""The process that the Stripe CLI listens at (webhooks/cli/listener.py); `./run` starts it.

`python -m listener` serves WebSockets on CLI_PORT until SIGTERM or Ctrl-C. It needs the gateway's database
and keys, and nothing else: several may run, behind whatever divides connections among them.
"""

import asyncio
import logging
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

import config
from kit import database
from payments import vault
from webhooks.cli.listener import Listener

HOST = "127.0.0.1"
POOL_SIZE = 2
OPEN_FILES = 8192
BAD_START = 2  # the exit code of a part that cannot start with its settings


def create_app(settings: config.Settings) -> Flask:
    """Return what the listener needs of the house: its database and its keys, none of its pages."""
    app = Flask("listener")
    url = settings.database_url
    app.config.update(
        SQLALCHEMY_DATABASE_URI=url,
        SQLALCHEMY_ENGINE_OPTIONS=database.engine_options(url, pool_size=POOL_SIZE),
    )
    database.db.init_app(app)
    with app.app_context():
        database.prepare_engine(database.db.engine)
    vault.configure(settings.vault_keys, settings.fingerprint_key)
    return app


async def serve(app: Flask, port: int) -> None:
    """Serve until told to end; raises OSError where the port can't be had."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)

    @contextmanager
    def around() -> Iterator[None]:
        with app.app_context():
            yield

    await Listener(around).run(HOST, port, stopping)


def allow_many_files() -> None:
    """Let whoever knocks without being let in hold sockets open, beside all who are connected."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> int:
    """Serve; return the exit code."""
    allow_many_files()
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    try:
        settings = config.load()
    except config.BadSetting as bad:
        sys.stderr.write(f"CLI listener: {bad}\n")
        return BAD_START
    logging.basicConfig(level="INFO", format="%(asctime)s %(name)s %(levelname)s %(message)s")
    # The library tells of each connection, and of whoever knocks without speaking its protocol.
    logging.getLogger("websockets").setLevel("CRITICAL")
    try:
        asyncio.run(serve(create_app(settings), settings.cli_port))
    except OSError as problem:
        sys.stderr.write(f"CLI listener: port {settings.cli_port} can't be used ({problem.strerror}); ")
        sys.stderr.write("choose another with CLI_PORT\n")
        return BAD_START
    return 0


if __name__ == "__main__":
    sys.exit(main())
