"""A Florin of real processes for the official CLI, to be stopped and started: gateway, bank, listener."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from config import load
from launcher.places import LOOPBACK
from launcher.stack import is_healthy
from tests.cli.official import StripeCli
from tests.support import bank as bank_server
from tests.support import gateway
from tests.support.databases import new_sqlite
from tests.support.desk import Shop
from tests.support.houses import opened
from tests.support.ports import free_port
from tests.support.processes import running

# Short, so that a test sees the CLI come back.
RECONNECT_SECONDS = "2"


@dataclass
class House:
    """Where it serves, and the processes that can be taken away."""

    base_url: str
    app: Flask
    binary: Path
    folder: Path
    variables: dict[str, str]
    port: int
    _parts: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Starts the gateway and the listener."""
        self._parts.enter_context(gateway.server(self.variables, self.folder, self.port))
        cli_port = self.variables["CLI_PORT"]
        listener = running(
            "listener",
            [sys.executable, "-m", "listener"],
            log=self.folder / "listener.log",
            ready=lambda: is_healthy(f"http://{LOOPBACK}:{cli_port}/health"),
            variables=self.variables,
        )
        self._parts.enter_context(listener)

    def stop(self) -> None:
        """Ends both."""
        self._parts.close()

    def cli(self, shop: Shop, folder: Path) -> StripeCli:
        """The official CLI of a merchant, with a home of its own."""
        return StripeCli(self.binary, folder, self.base_url, shop.secret_key)


@contextmanager
def serving(binary: Path, folder: Path) -> Iterator[House]:
    """A house as `./run` makes it, on SQLite, with a bank that tells it of what happens later."""
    port, cli_port = free_port(), str(free_port())
    base_url = f"http://{LOOPBACK}:{port}"
    (folder / "bank").mkdir()
    with bank_server.server(folder / "bank", BANK_NOTICE_URL=f"{base_url}/webhooks/bank") as bank:
        variables = {
            **gateway.variables(new_sqlite(folder), bank, folder),
            "CLI_PORT": cli_port,
            "CLI_RECONNECT_SECONDS": RECONNECT_SECONDS,
        }
        with opened(load(variables)) as app:
            house = House(base_url, app, binary, folder, variables, port)
            house.start()
            try:
                yield house
            finally:
                house.stop()
