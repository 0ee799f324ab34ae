"""The machine that all test processes of a run share: each test holds a share, and one may have it alone."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Machine:
    """Locks in a folder that all processes of the run know."""

    def __init__(self, folder: Path) -> None:
        # Whoever waits at the gate lets no newcomer in.
        self._gate = (folder / "machine.gate").open("w")
        self._place = (folder / "machine.place").open("w")

    @contextmanager
    def share(self) -> Iterator[None]:
        """Be one of those who work; waits while somebody has, or wants, the machine alone."""
        self._take(fcntl.LOCK_SH)
        fcntl.flock(self._gate, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._place, fcntl.LOCK_UN)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Within a share: wait until the others have ended their tests, and keep them waiting."""
        fcntl.flock(self._place, fcntl.LOCK_UN)  # two who each hold a share would wait for each other
        self._take(fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._place, fcntl.LOCK_SH)
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give up every lock."""
        self._gate.close()
        self._place.close()

    def _take(self, how: int) -> None:
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        fcntl.flock(self._place, how)
