"""Where Florin lives on this machine: its folders and ports, read from the environment and checked."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import tempfile
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from launcher.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import TextIOWrapper

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
REDIS_SECONDS = 3.0
# The second bank listens so far above the first, out of the way of other instances on neighbouring ports.
SECOND_BANK_OFFSET = 1000
SECOND_BANK = "cuckoo_bank"
# The Stripe CLI's WebSocket, which the gateway's port can't serve, listens so far above it.
CLI_OFFSET = 2000


@dataclass(frozen=True)
class Place:
    """One instance's ports and data folder."""

    port: int
    bank_port: int
    bank2_port: int
    bank2_port_given: bool
    has_bank2: bool
    cli_port: int
    cli_port_given: bool
    data_dir: Path

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def bank_url(self) -> str:
        return f"http://{LOOPBACK}:{self.bank_port}"

    @property
    def bank2_url(self) -> str:
        return f"http://{LOOPBACK}:{self.bank2_port}"

    @property
    def cli_listener_url(self) -> str:
        return f"http://{LOOPBACK}:{self.cli_port}"

    @property
    def logs(self) -> Path:
        return self.data_dir / "logs"

    @property
    def demo_file(self) -> Path:
        return self.data_dir / "demo.json"


def from_environment(environment: Mapping[str, str]) -> Place:
    """Reads PORT, BANK_PORT, BANK2_PORT, CLI_PORT, ACQUIRERS and DATA_DIR; refuses what cannot be a port."""
    port, bank_port = _port(environment, "PORT", 8000), _port(environment, "BANK_PORT", 8001)
    beside = bank_port + SECOND_BANK_OFFSET
    usual = beside if beside < 65536 and beside != port else bank_port - SECOND_BANK_OFFSET
    bank2_port = _port(environment, "BANK2_PORT", usual)
    cli_port = _port(environment, "CLI_PORT", _cli_port(port, bank_port, bank2_port))
    named = {"PORT": port, "BANK_PORT": bank_port, "BANK2_PORT": bank2_port, "CLI_PORT": cli_port}
    for first, second in combinations(named, 2):
        if named[first] == named[second]:
            raise Refusal(f"{first} and {second} are both {named[first]}; give them different numbers")
    return Place(
        port,
        bank_port,
        bank2_port,
        bank2_port_given=bool(environment.get("BANK2_PORT")),
        has_bank2=SECOND_BANK in (environment.get("ACQUIRERS") or SECOND_BANK),
        cli_port=cli_port,
        cli_port_given=bool(environment.get("CLI_PORT")),
        data_dir=data_dir(environment),
    )


def _cli_port(*taken: int) -> int:
    """Returns a usual port for the CLI's listener: above the gateway's where there is one, else below."""
    port = taken[0] + CLI_OFFSET if taken[0] + CLI_OFFSET < 65536 else taken[0] - CLI_OFFSET
    return port if port not in taken else port + 1


def data_dir(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("DATA_DIR") or ROOT / "data").expanduser().absolute()


def require_writable(folder: Path) -> None:
    """Makes the folder if it is not there; refuses where nothing can be written to it."""
    reason = why_not_writable(folder)
    if reason:
        raise Refusal(f"cannot write to {folder} ({reason}); set DATA_DIR to a folder that may be written to")


def why_not_writable(folder: Path) -> str | None:
    """Returns None where a file can be made in the folder, else the system's reason."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it will hold keys and payments
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as problem:
        return (problem.strerror or str(problem)).lower()


def require_free_port(port: int, variable: str) -> None:
    """Refuses a port that something else listens on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as problem:
            reason = "is in use" if problem.errno == errno.EADDRINUSE else "may not be used by this user"
            raise Refusal(f"port {port} {reason}; choose another with {variable}=... ./run") from problem


def with_free_ports(place: Place) -> Place:
    """Refuses busy ports that were chosen; what nobody chose moves where there is room."""
    require_free_port(place.port, "PORT")
    require_free_port(place.bank_port, "BANK_PORT")
    cli_port = _free_or_another(place.cli_port, "CLI_PORT", given=place.cli_port_given)
    place = replace(place, cli_port=cli_port)
    if not place.has_bank2:
        return place
    bank2_port = _free_or_another(place.bank2_port, "BANK2_PORT", given=place.bank2_port_given)
    return replace(place, bank2_port=bank2_port)


def _free_or_another(port: int, variable: str, *, given: bool) -> int:
    try:
        require_free_port(port, variable)
    except Refusal:
        if given:
            raise
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            found: int = probe.getsockname()[1]
        return found
    return port


def require_redis(url: str) -> None:
    """Refuses a Redis that nobody answers at: payments would go through, and no webhook ever be sent."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return
    try:
        host, port = parts.hostname, parts.port or 6379
    except ValueError:  # what stands after the colon is no port
        host = None
    if parts.scheme not in ("redis", "rediss") or not host:
        raise Refusal("REDIS_URL must look like redis://127.0.0.1:6379/0")
    try:
        socket.create_connection((host, port), timeout=REDIS_SECONDS).close()
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise Refusal(
            f"the Redis at {host}:{port} can't be reached ({reason}); start it, or leave REDIS_URL out"
        ) from problem


def take_data_dir(folder: Path) -> TextIOWrapper:
    """Locks the data folder for this instance, until what it returns is closed or the process ends."""
    lock = (folder / ".lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise Refusal(
            f"another Florin (process {holder}) already runs in {folder}; give this one a DATA_DIR of its own"
        ) from problem
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _port(environment: Mapping[str, str], variable: str, default: int) -> int:
    text = environment.get(variable) or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise Refusal(f"{variable}={text} is not a port; give a number from 1 to 65535")
    return int(text)
