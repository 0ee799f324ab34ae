"""Settings and real servers of the gateway, for tests."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from launcher.places import LOOPBACK
from launcher.stack import is_healthy
from tests.support.bank import Bank
from tests.support.ports import free_port
from tests.support.processes import running

# The same for all apps of a test run, so that they read each other's rows.
SECRETS = {"SECRET_KEY": "5e" * 32, "VAULT_KEYS": f"1:{'7a' * 32}", "FINGERPRINT_KEY": "f1" * 32}


def variables(database_url: str, bank: Bank, data_dir: Path) -> dict[str, str]:
    """The environment that config.load() turns into settings; jobs run only when a test runs them."""
    return {
        **SECRETS,
        "DATA_DIR": str(data_dir),
        "DATABASE_URL": database_url,
        "BANK_URL": bank.url,
        "BANK_SECRET": bank.secret,
        "ACQUIRERS": "piggy_bank",
        "RUN_JOBS_HERE": "false",
        "POOL_SIZE": "8",
    }


@contextmanager
def server(given: Mapping[str, str], folder: Path, port: int | None = None) -> Iterator[str]:
    """A gateway process of its own, its jobs inside it; yields its base address.

    `port` is for a test whose bank has to know beforehand where its notices go.
    """
    port = port or free_port()
    base_url = f"http://{LOOPBACK}:{port}"
    settings = {
        **given,
        "PORT": str(port),
        "PUBLIC_URL": base_url,
        "RUN_JOBS_HERE": "true",
        "WEB_WORKERS": "1",
    }
    command = [sys.executable, "-m", "serve"]
    log = folder / f"gateway-{port}.log"
    with running(
        "gateway", command, log=log, ready=lambda: is_healthy(f"{base_url}/health"), variables=settings
    ):
        yield base_url
