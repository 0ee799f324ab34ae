"""Houses of the tests: the app in this process, whose jobs run only when told to."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from app import create_app
from config import Settings, load
from kit.database import db
from payments.acquirers.simulator import SimulatorAcquirer
from payments.bank import acquirers
from tests.support import gateway
from tests.support.bank import Bank
from tests.support.databases import new_database


@contextmanager
def opened(settings: Settings) -> Iterator[Flask]:
    """The app of these settings; its lines to the banks and to its database are closed afterwards."""
    app = create_app(settings)
    lines = [acquirers[name] for name in settings.acquirers]  # another house may put its own in their place
    try:
        yield app
    finally:
        for line in lines:
            if isinstance(line, SimulatorAcquirer):
                line.client.close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@contextmanager
def quiet_house(
    kind: str,
    bank: Bank,
    folder: Path,
    postgres_server: Callable[[], str],
    more: Mapping[str, str] | None = None,
) -> Iterator[Flask]:
    """The app on a new database; no sweep runs but the test's."""
    url = new_database(kind, folder, postgres_server)
    with opened(load({**gateway.variables(url, bank, folder), **(more or {})})) as app:
        yield app
