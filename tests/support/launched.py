"""`./run` started for real, in a data folder and on ports of its own."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher.places import ROOT
from tests.support.ports import free_port
from tests.support.processes import wait_until

# The first start on a machine also makes the environment.
FIRST_START_SECONDS = 240.0
STOP_SECONDS = 30.0
STEERS = {
    *("CLI_PORT", "CLI_URL", "CLI_RECONNECT_SECONDS"),
    *("BANK2_PORT", "BANK2_URL", "BANK2_SECRET", "ACQUIRERS"),
    *("PORT", "BANK_PORT", "DATA_DIR", "DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "BANK_URL", "BANK_SECRET"),
    *("DEMO_SECRET_KEY", "SECRET_KEY", "VAULT_KEYS", "FINGERPRINT_KEY", "RUN_JOBS_HERE", "WEB_WORKERS"),
}


@dataclass(frozen=True)
class Launched:
    """The launcher's process and what it prints."""

    process: subprocess.Popen[bytes]
    data_dir: Path
    output: Path

    def said(self) -> str:
        return self.output.read_text()

    def demo(self) -> dict[str, str]:
        facts: dict[str, str] = json.loads((self.data_dir / "demo.json").read_text())
        return facts

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def parts(self) -> dict[int, str]:
        """Every process but the launcher that works in this data folder, by its id: its command line."""
        mark = f"DATA_DIR={self.data_dir}".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue  # it ended while we looked, or it is another user's
        found.pop(self.process.pid, None)
        return {pid: command for pid, command in found.items() if command}  # a zombie has no command line


def environment(data_dir: Path, **variables: str) -> dict[str, str]:
    """The machine's environment without what would steer `./run`, and three free ports."""
    inherited = {name: value for name, value in os.environ.items() if name not in STEERS}
    ports = {name: str(free_port()) for name in ("PORT", "BANK_PORT", "BANK2_PORT")}
    return {**inherited, **ports, "DATA_DIR": str(data_dir), **variables}


def command(*arguments: str, data_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs `./run` with these arguments to its end."""
    return subprocess.run(
        [str(ROOT / "run"), *arguments],
        env=environment(data_dir, **variables),
        cwd="/",  # not the repository: it has to work from anywhere
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=FIRST_START_SECONDS,
        check=False,
    )


@contextmanager
def serving(folder: Path, **variables: str) -> Iterator[Launched]:
    """`./run` from the moment it serves; whatever the test did, nothing of it is left afterwards."""
    data_dir, output = folder / "data", folder / "output.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [str(ROOT / "run")],
            env=environment(data_dir, **variables),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    launched = Launched(process, data_dir, output)
    try:
        _wait_until_it_serves(launched)
        yield launched
    finally:
        if process.poll() is None:
            launched.end(signal.SIGTERM)
        wait_until(lambda: not launched.parts(), "every part has ended")


def _wait_until_it_serves(launched: Launched) -> None:
    deadline = time.monotonic() + FIRST_START_SECONDS
    while "Ctrl-C stops it" not in launched.said():
        assert launched.process.poll() is None, launched.said()
        assert time.monotonic() < deadline, launched.said()
        time.sleep(0.05)
