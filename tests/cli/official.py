"""The official Stripe CLI, installed by npm from a lock of ours, and run so that nothing leaves loopback."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher.places import LOOPBACK
from tests.support import npm_packages

PACKAGE = Path(__file__).parent / "stripe_cli_package"
COMMAND_SECONDS = 120
PATIENCE_SECONDS = 120.0
# What the CLI would ask of the internet (is there a newer one?) ends here, where nothing listens.
NOWHERE = f"http://{LOOPBACK}:9"


def installed() -> Path:
    """Returns the CLI's binary, which whoever comes first installs. Fails where that can't be."""
    folder = npm_packages.installed(PACKAGE)
    found = sorted(folder.glob("node_modules/@stripe/cli-*/bin/stripe"))
    assert found, f"npm installed no Stripe CLI for this machine in {folder}"
    return found[0]


@dataclass(frozen=True)
class Running:
    """A CLI that goes on, and all that it has said."""

    process: subprocess.Popen[bytes]
    output: Path

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_for(self, words: str, count: int = 1) -> str:
        """Waits until it has said something so many times; fails, showing all that it said."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.said().count(words) < count:
            assert self.process.poll() is None, f"it ended before it said {words!r}: {self.said()}"
            assert time.monotonic() < deadline, f"it never said {words!r}: {self.said()}"
            time.sleep(0.02)
        return self.said()


@dataclass(frozen=True)
class StripeCli:
    """One tester's CLI: a home of its own, and the Florin that it talks to."""

    binary: Path
    home: Path
    base_url: str
    secret_key: str

    def run(self, *arguments: str, known: bool = True) -> subprocess.CompletedProcess[str]:
        """Plays one command to its end."""
        return subprocess.run(
            self._command(arguments, known=known),
            env=self._environment(),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def prints(self, *arguments: str) -> str:
        """What a command prints that succeeds."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def start(self, *arguments: str) -> Iterator[Running]:
        """Starts a command that goes on, and ends it as Ctrl-C would."""
        output = Path(tempfile.mkstemp(dir=self.home, suffix=".txt")[1])
        with output.open("wb") as file:
            process = subprocess.Popen(
                self._command(arguments, known=True),
                env=self._environment(),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield Running(process, output)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _command(self, arguments: tuple[str, ...], *, known: bool) -> list[str]:
        base = ["--api-base", self.base_url, "--api-key", self.secret_key] if known else []
        return [str(self.binary), *arguments, *base]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
            "NO_COLOR": "1",
            "HTTPS_PROXY": NOWHERE,
            "HTTP_PROXY": NOWHERE,
        }
