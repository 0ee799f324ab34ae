"""The peer: `localstripe` from PyPI, in an environment of its own because it pins packages of its own."""

import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.servers import BenchFailure, Server, start

VERSION = "1.15.10"
# Where localstripe keeps its whole store, pickled anew after every write; the path is fixed in its source.
STORE = Path("/tmp/localstripe.pickle")  # noqa: S108 - the peer's own constant
# A store of this size can't be read back from disk: unpickling it writes, and so truncates, the file that is
# being read. So the objects are made in the process that serves them.
SERVE = """
import sys
from localstripe import resources, server
dump, resources.Store.dump_to_disk = resources.Store.dump_to_disk, lambda self: None
for number in range(int(sys.argv.pop(1))):
    resources.PaymentIntent._api_create(amount=2000, currency="usd")
resources.Store.dump_to_disk = dump
server.start()
"""


def install(data_dir: Path) -> Path:
    """Make the environment once, and give its Python; needs the network (or pip's cache) the first time."""
    home = data_dir / "bench-venv"
    python = home / "bin" / "python"
    marker = home / f"localstripe-{VERSION}"
    if marker.exists():
        return python
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv:
        commands = [[uv, "venv", "-q", "--clear", "--python", sys.executable, str(home)]]
        commands.append([uv, "pip", "install", "-q", "--python", str(python), f"localstripe=={VERSION}"])
    else:
        venv.create(home, clear=True, with_pip=True)
        commands = [[str(python), "-m", "pip", "install", "-q", f"localstripe=={VERSION}"]]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchFailure(f"localstripe could not be installed: {done.stderr.strip()[-500:]}")
    marker.touch()
    return python


@contextmanager
def store_kept_aside() -> Iterator[None]:
    """Put a developer's own localstripe store aside, and back at the end."""
    aside = STORE.with_suffix(".before-florin-bench")
    if STORE.exists():
        STORE.rename(aside)
    try:
        yield
    finally:
        STORE.unlink(missing_ok=True)
        if aside.exists():
            aside.rename(STORE)


def start_peer(python: Path, port: int, folder: Path, objects: int) -> Server:
    """Start localstripe with a store of this many payment intents."""
    command = [str(python), "-c", SERVE, str(objects), "--port", str(port), "--from-scratch"]
    return start(f"localstripe-{objects}", command, port, folder)
