"""A whole Florin with its banks, databases and a merchant's sink, as processes that are killed one by one."""

import http.client
import json
import os
import secrets
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from launcher.stack import is_healthy
from tests.chaos import servers
from tests.chaos.parts import Part, Program, Supervisor
from tests.support.nursery import Fork
from tests.support.ports import free_port

LOOPBACK = "127.0.0.1"
BANKS = ("piggy_bank", "cuckoo_bank")
BANK_TIMEOUT_MS = 1_000
SWITCH_SECONDS = 20.0
# What would steer the parts from outside.
FOREIGN = {
    *("PORT", "BANK_PORT", "BANK2_PORT", "DATA_DIR", "DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "BANK_URL"),
    *("BANK2_URL", "BANK_SECRET", "BANK2_SECRET", "SECRET_KEY", "VAULT_KEYS", "FINGERPRINT_KEY", "ACQUIRERS"),
    *("DEMO_SECRET_KEY", "RUN_JOBS_HERE", "WEB_WORKERS", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"),
}


@dataclass(frozen=True)
class BankPlace:
    """One bank: its own address, the faulty line to it, its word, its books."""

    name: str
    url: str
    line: str
    secret: str
    database: Path


class House:
    """`database` is "sqlite" (one process with its jobs inside, no service) or "postgresql" (with Redis, a
    worker and two gateways). `defects` names modules of tests/chaos/defects that Florin's processes load.
    A light house has one bank, and a sink that drops nothing twice.
    """

    def __init__(
        self, folder: Path, database: str, *, defects: tuple[str, ...] = (), light: bool = False
    ) -> None:
        self.folder = folder
        self.embedded = database == "sqlite"
        self.data_dir = folder / "data"
        self.logs = folder / "logs"
        for made in (folder, self.data_dir, self.logs):
            made.mkdir(parents=True, exist_ok=True)
        self.postgres = None if self.embedded else servers.Postgres()
        self.ports = {name: free_port() for name in ("web_1", "web_2", "redis", "sink")}
        self.light = light
        self.banks = [self._bank_place(name) for name in (BANKS[:1] if light else BANKS)]
        self.database_url = (
            self.postgres.url if self.postgres else f"sqlite:///{self.data_dir}/florin.sqlite3"
        )
        self.sink_journal = folder / "sink.jsonl"
        self.defects = defects
        self.supervisor = Supervisor(self._parts())
        self.secret_key = "sk_test_" + secrets.token_hex(16)

    @property
    def gateways(self) -> list[int]:
        return [self.ports["web_1"]] if self.embedded else [self.ports["web_1"], self.ports["web_2"]]

    def start(self, template: Path | None = None) -> None:
        """Migrates and seeds, or copies what another house has prepared; then starts everything."""
        self.prepare(template)
        self.supervisor.start()

    def prepare(self, template: Path | None = None) -> None:
        """Makes the database and its merchant."""
        if template is not None:
            shutil.copytree(template, self.data_dir, dirs_exist_ok=True)
            self.secret_key = json.loads((self.data_dir / "demo_merchant.json").read_text())["secret_key"]
            return
        if self.postgres:
            postgres = self.supervisor.parts["postgres"]
            self.postgres.prepare()
            postgres.start()
            self.postgres.wait_and_create(postgres)
        for entry in ("migrations.__main__.main", "seed.main"):
            self._run(entry)

    def stop(self) -> None:
        self.supervisor.stop()

    def delete_database(self) -> None:
        if self.postgres:
            self.postgres.delete()

    def switch(self, faults: dict[str, Any] | None) -> None:
        """Puts a plan of faults on all lines, or takes it off; a line that is deaf now is asked again."""
        for bank in self.banks:
            method, body = ("DELETE", None) if faults is None else ("PUT", json.dumps(faults).encode())
            headers = {"Authorization": f"Bearer {bank.secret}"}
            address = urlsplit(bank.line)
            deadline = time.monotonic() + SWITCH_SECONDS
            while not _asked(str(address.hostname), address.port or 0, method, body, headers):
                assert time.monotonic() < deadline, f"the line to {bank.name} cannot be switched"
                time.sleep(0.1)

    def _run(self, entry: str) -> None:
        log = self.logs / f"{entry.partition('.')[0]}.log"
        process = Fork(entry, {**self._florin(), "DEMO_SECRET_KEY": self.secret_key}, log)
        process.wait()
        assert process.exit_code == 0, log.read_text(errors="replace")

    def _bank_place(self, name: str) -> BankPlace:
        folder = self.folder / name
        folder.mkdir()
        url, line = (f"http://{LOOPBACK}:{free_port()}" for _ in range(2))
        return BankPlace(name, url, line, secrets.token_hex(16), folder / "bank.sqlite3")

    def _parts(self) -> list[Part]:
        parts = [*self._services(), self._sink()]
        for bank in self.banks:
            parts += [self._bank(bank), self._line(bank)]
        parts += [self._web(f"web_{number}") for number in range(1, len(self.gateways) + 1)]
        if not self.embedded:
            parts.append(self._worker())
        return parts

    def _services(self) -> list[Part]:
        if self.postgres is None:
            return []
        command, log = servers.redis_command(self.folder, self.ports["redis"]), self.logs / "redis.log"
        redis = Part(
            "redis", lambda: Program(command, _inherited(), log), log, lambda: _listens(self.ports["redis"])
        )
        return [redis, self.postgres.part(self.logs / "postgres.log", _inherited())]

    def _sink(self) -> Part:
        port = self.ports["sink"]
        environment = {
            **_inherited(),
            "SINK_PORT": str(port),
            "SINK_JOURNAL": str(self.sink_journal),
            "SINK_MOST_DROPS": "1" if self.light else "2",
        }
        log = self.logs / "sink.log"
        return Part.of_python("sink", "tests.chaos.sink.main", environment, log, lambda: _listens(port))

    def _bank(self, bank: BankPlace) -> Part:
        environment = {
            **_inherited(),
            "BANK_NAME": bank.name,
            "BANK_PORT": bank.url.rpartition(":")[2],
            "BANK_SECRET": bank.secret,
            "BANK_DATABASE_URL": f"sqlite:///{bank.database}",
            "BANK_NOTICE_URL": f"http://{LOOPBACK}:{self.ports['web_1']}/webhooks/bank",
            "DATA_DIR": str(bank.database.parent),
        }
        log = self.logs / f"{bank.name}.log"
        return Part.of_python(
            bank.name,
            "bank_simulator.__main__.main",
            environment,
            log,
            lambda: is_healthy(f"{bank.url}/health"),
        )

    def _line(self, bank: BankPlace) -> Part:
        port = int(bank.line.rpartition(":")[2])
        environment = {
            **_inherited(),
            "FAULT_PORT": str(port),
            "BANK_URL": bank.url,
            "BANK_SECRET": bank.secret,
            "DATA_DIR": str(bank.database.parent),
        }
        log = self.logs / f"line_{bank.name}.log"
        return Part.of_python(
            f"line to {bank.name}",
            "bank_simulator.fault_proxy.main",
            environment,
            log,
            lambda: _listens(port),
        )

    def _web(self, name: str) -> Part:
        port = self.ports[name]
        environment = {**self._florin(), "PORT": str(port), "WEB_WORKERS": "1", "SPOOL_QUERIES": "true"}
        ready = f"http://{LOOPBACK}:{port}/health"
        return Part.of_python(
            name, self._entry("serve"), environment, self.logs / f"{name}.log", lambda: is_healthy(ready)
        )

    def _worker(self) -> Part:
        log = self.logs / "worker.log"
        says = _says(log, "the worker works")
        return Part.of_python("worker", self._entry("worker"), self._florin(), log, says)

    def _entry(self, module: str) -> str:
        return f"tests.chaos.defects.planting.{module}" if self.defects else f"{module}.main"

    def _florin(self) -> dict[str, str]:
        first, second = self.banks[0], self.banks[-1]
        services = {} if self.embedded else {"REDIS_URL": f"redis://{LOOPBACK}:{self.ports['redis']}/0"}
        return {
            **_inherited(),
            **services,
            "PUBLIC_URL": f"http://{LOOPBACK}:{self.ports['web_1']}",
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": self.database_url,
            "ACQUIRERS": ",".join(bank.name for bank in self.banks),
            "BANK_URL": first.line,
            "BANK_SECRET": first.secret,
            "BANK2_URL": second.line,
            "BANK2_SECRET": second.secret,
            "BANK_TIMEOUT_MS": str(BANK_TIMEOUT_MS),
            **({"FLORIN_DEFECTS": ",".join(self.defects)} if self.defects else {}),
        }


def _inherited() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _asked(host: str, port: int, method: str, body: bytes | None, headers: dict[str, str]) -> bool:
    line = http.client.HTTPConnection(host, port, timeout=5)
    try:
        line.request(method, "/v1/faults", body, headers)
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def _says(log: Path, words: str) -> Callable[[], bool]:
    return lambda: log.exists() and words in log.read_text(errors="replace")
