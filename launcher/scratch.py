"""Where the tests keep their files: in memory, where there is enough of it.

Databases are the most of what they write, and each commit waits for its disk. What a `kill -9` leaves behind
is the same in memory as on a disk, and no test takes the machine's power away.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  # Linux mounts its memory here; what is made there is this run's alone
PREFIX = "florin-tests-"
# For the files of a whole run and for its processes; a container may give no more than 64 MiB to files.
ENOUGH_BYTES = 12 * 2**30
MEMORY_OF_THE_MACHINE = Path("/proc/meminfo")
MEMORY_OF_THE_CONTAINER = Path("/sys/fs/cgroup")


@contextmanager
def folder() -> Iterator[Path | None]:
    """A folder of this process's own, deleted afterwards; None where a disk has to do."""
    if "TMPDIR" in os.environ or not _is_roomy():
        yield None
        return
    _delete_what_the_dead_left()
    made = MEMORY / f"{PREFIX}{os.getpid()}"
    made.mkdir()
    made.chmod(0o755)  # root's PostgreSQL runs as another user, who has to get in
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _is_roomy() -> bool:
    try:
        mounted = os.statvfs(MEMORY)
    except OSError:
        return False
    runs_programs = not mounted.f_flag & os.ST_NOEXEC  # some tests build an environment
    room_bytes = mounted.f_bavail * mounted.f_frsize  # which may be more than there is
    return runs_programs and min(room_bytes, _available_bytes()) >= ENOUGH_BYTES


def _available_bytes() -> int:
    """What the machine has to give, or the container where it is confined to less."""
    lines = (line.split() for line in MEMORY_OF_THE_MACHINE.read_text().splitlines())
    available = 1024 * next(int(line[1]) for line in lines if line[0] == "MemAvailable:")
    most = MEMORY_OF_THE_CONTAINER / "memory.max"
    if not most.exists() or (limit := most.read_text().strip()) == "max":
        return available
    return min(available, int(limit) - int((MEMORY_OF_THE_CONTAINER / "memory.current").read_text()))


def _delete_what_the_dead_left() -> None:
    """A run that was killed could not, and nobody else gives the memory back before the machine restarts."""
    own = str(os.getpid())  # a folder of that name was a process's that is gone: numbers come again
    for left in MEMORY.glob(f"{PREFIX}*"):
        owner = left.name.removeprefix(PREFIX)
        if owner == own or not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)
