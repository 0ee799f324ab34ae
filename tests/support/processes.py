"""Starts real servers for tests, waits until they answer, and ends them by their process id."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from launcher import children
from launcher.children import Child

START_SECONDS = 30.0
POLL_SECONDS = 0.02


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    variables: Mapping[str, str] | None = None,
) -> Iterator[Child]:
    """A process for the length of the block; fails with its last log lines where it doesn't come up."""
    child = children.start(name, command, {**os.environ, **(variables or {})}, log, dies_with_parent=False)
    try:
        wait_until(ready, f"the {name} answers", child)
        yield child
    finally:
        children.stop([child])


def wait_until(ready: Callable[[], bool], what: str, child: Child | None = None) -> None:
    """Polls until `ready` is true; fails, naming `what`, where it is not within START_SECONDS."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if child is not None and child.ended():
            raise AssertionError(child.obituary())
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {START_SECONDS:.0f} seconds in vain until {what}")
        time.sleep(POLL_SECONDS)
