"""A house of a test's own: the app in this process, on a database that no other process works on."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from app import create_app
from config import load
from kit.database import db
from payments.acquirers.simulator import SimulatorAcquirer
from payments.bank import acquirers
from tests.support import gateway, postgres
from tests.support.bank import Bank


@contextmanager
def quiet_house(
    kind: str,
    bank: Bank,
    folder: Path,
    postgres_server: Callable[[], str],
    more: Mapping[str, str] | None = None,
) -> Iterator[Flask]:
    """The app on a migrated database of a kind ("sqlite", "postgresql"); no sweep runs but the test's.

    `postgres_server` gives the server's address, and is asked only where it is wanted.
    """
    if kind == "sqlite":
        url = f"sqlite:///{folder}/florin.sqlite3"
    else:
        url = postgres.create_database(postgres_server(), folder.name)
    gateway.migrate(url, folder)
    settings = load({**gateway.variables(url, bank, folder), **(more or {})})
    app = create_app(settings)
    lines = [acquirers[name] for name in settings.acquirers]  # another house may put its own in their place
    yield app
    for line in lines:
        if isinstance(line, SimulatorAcquirer):
            line.client.close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
