"""One running Florin: migrate, seed, start the banks, the gateway and its helpers, and say once it serves."""

from __future__ import annotations

import json
import os
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from launcher import children, environment
from launcher.children import Child, ChildDied
from launcher.places import (
    SECOND_BANK,
    Place,
    require_redis,
    require_writable,
    take_data_dir,
    with_free_ports,
)

PREPARE_SECONDS = 120.0
START_SECONDS = 60.0
POLL_SECONDS = 0.05
WATCH_SECONDS = 0.2

# Loopback is reached directly, whatever proxy the machine's environment names for the rest of the world.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Stack:
    """The parts of one instance that run, and what a newcomer needs to use them."""

    def __init__(self, place: Place, python: Path, variables: Mapping[str, str]) -> None:
        self.place = place
        self.demo: dict[str, str] = {}
        self._python = python
        self._running: list[Child] = []
        self._variables = variables_of(place, variables)

    def start(self) -> None:
        """Raises ChildDied where a part does not come up."""
        self._do("migration", "-m", "migrations")
        self._do("demo merchant's seed", "-m", "seed")
        self._start("bank simulator", "-m", "bank_simulator")
        if self.place.has_bank2:
            self._start("second bank", "-m", "bank_simulator", variables=self._of_second_bank())
        self._start("gateway", "-m", "serve")
        self._start("CLI listener", "-m", "listener")
        if self._variables.get("REDIS_URL"):
            self._start("worker", "worker.py")
        self._wait_until_healthy(f"{self.place.bank_url}/health")
        if self.place.has_bank2:
            self._wait_until_healthy(f"{self.place.bank2_url}/health")
        self._wait_until_healthy(f"{self.place.base_url}/health")
        self._wait_until_healthy(f"{self.place.cli_listener_url}/health")
        self._publish()

    def watch(self) -> None:
        """Returns never; raises ChildDied as soon as a part ends."""
        while True:
            self._look_for_the_dead()
            time.sleep(WATCH_SECONDS)

    def stop(self) -> None:
        self.place.demo_file.unlink(missing_ok=True)
        children.stop(self._running)

    def kill(self) -> None:
        children.kill(self._running)

    def _do(self, name: str, *arguments: str) -> None:
        child = self._start(name, *arguments)
        children.finish(child, PREPARE_SECONDS)
        self._running.remove(child)

    def _of_second_bank(self) -> dict[str, str]:
        """The same program under another name: its own port, secret, keys and database."""
        given, folder = self._variables, self.place.data_dir
        return {
            **given,
            "BANK_NAME": SECOND_BANK,
            "BANK_PORT": str(self.place.bank2_port),
            "BANK_SECRET": given["BANK2_SECRET"],
            "BANK_CARD_KEY": given.get("BANK2_CARD_KEY") or _secret(folder, "bank2_card_key"),
            "BANK_DATABASE_URL": given.get("BANK2_DATABASE_URL")
            or f"sqlite:///{folder}/{SECOND_BANK}.sqlite3",
        }

    def _start(self, name: str, *arguments: str, variables: Mapping[str, str] | None = None) -> Child:
        log = self.place.logs / f"{name.replace(' ', '_').replace(chr(39), '')}.log"
        child = children.start(name, [str(self._python), *arguments], variables or self._variables, log)
        self._running.append(child)
        return child

    def _look_for_the_dead(self) -> None:
        for child in self._running:
            if child.ended():
                raise child.death()

    def _wait_until_healthy(self, address: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not is_healthy(address):
            self._look_for_the_dead()
            if time.monotonic() > deadline:
                raise ChildDied(f"{address} did not answer in {START_SECONDS:.0f} s; see {self.place.logs}")
            time.sleep(POLL_SECONDS)

    def _publish(self) -> None:
        """Writes demo.json whole or not at all, and only now that Florin serves: scripts wait for it."""
        draft = json.loads((self.place.data_dir / "demo_merchant.json").read_text())
        addresses = {"base_url": self.place.base_url, "bank_url": self.place.bank_url}
        if self.place.has_bank2:
            addresses["bank2_url"] = self.place.bank2_url
        self.demo = {**addresses, "dashboard_url": f"{self.place.base_url}/dashboard", **draft}
        unfinished = self.place.data_dir / "demo.json.unfinished"
        with open(unfinished, "w", opener=_for_the_owner_only) as file:
            json.dump(self.demo, file, indent=2)
        unfinished.replace(self.place.demo_file)


def variables_of(place: Place, variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of every part that works in this place."""
    return {
        **variables,
        "PORT": str(place.port),
        "BANK_PORT": str(place.bank_port),
        "BANK2_PORT": str(place.bank2_port),
        "CLI_PORT": str(place.cli_port),
        "DATA_DIR": str(place.data_dir),
        "BANK_SECRET": variables.get("BANK_SECRET") or _secret(place.data_dir, "bank_secret"),
        "BANK2_SECRET": variables.get("BANK2_SECRET") or _secret(place.data_dir, "bank2_secret"),
        "PYTHONUNBUFFERED": "1",
    }


def addresses_of_banks(place: Place) -> dict[str, str]:
    """Where the banks of a Florin that serves in this place listen, as its parts are told; else nothing."""
    try:
        demo = json.loads(place.demo_file.read_text())
    except (OSError, json.JSONDecodeError):
        return {}
    named = {"BANK_URL": demo.get("bank_url"), "BANK2_URL": demo.get("bank2_url")}
    return {variable: address for variable, address in named.items() if address}


@contextmanager
def running(place: Place, variables: Mapping[str, str]) -> Iterator[Stack]:
    """Prepares the place, starts a stack in it and stops it at the end, however the end comes."""
    require_writable(place.data_dir)
    with take_data_dir(place.data_dir):
        place = with_free_ports(place)
        require_writable(place.logs)
        if variables.get("REDIS_URL"):
            require_redis(variables["REDIS_URL"])
        place.demo_file.unlink(missing_ok=True)
        stack = Stack(place, environment.ensure(environment.SERVING, place.data_dir), variables)
        try:
            stack.start()
            yield stack
        finally:
            _stop_in_spite_of_impatience(stack)


def is_healthy(address: str) -> bool:
    try:
        with _direct.open(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _stop_in_spite_of_impatience(stack: Stack) -> None:
    """A second Ctrl-C means: at once."""
    try:
        stack.stop()
    except BaseException:
        stack.kill()
        raise


def _secret(data_dir: Path, name: str) -> str:
    """The gateway's word to a bank, made once; each of the two is told it, for they share no code."""
    file = data_dir / "secrets" / name
    file.parent.mkdir(mode=0o700, exist_ok=True)
    if not file.exists():
        with open(file, "w", opener=_for_the_owner_only) as fresh:
            fresh.write(secrets.token_hex(32))
    return file.read_text().strip()


def _for_the_owner_only(path: str, flags: int) -> int:
    """For files that hold secrets."""
    return os.open(path, flags, 0o600)
