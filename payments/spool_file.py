"""One process's file of lines that are not in the database yet, written by memory alone.

A line is copied into pages that the file and this process share: it is in the file, whatever becomes of the
process, and no call of the system has let go of the interpreter for it. What has been written is as many
lines from the start; the rest of the file is zeros.
"""

import contextlib
import fcntl
import mmap
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

SUFFIX = ".jsonl"
FILE_BYTES = 1024 * 1024  # to begin with; as many as are wanted where the database is away


class SpoolFile:
    """A new file that is locked for as long as this process keeps it open. One thread at a time."""

    def __init__(self, folder: Path, lines: Iterable[bytes] = (), *, size: int = 0) -> None:
        size = size or FILE_BYTES
        self._folder = folder
        self.path, self._file = _locked(folder)
        try:
            # Every page has its place on the disk at once; one that finds none later kills the process.
            with open(self._file, "wb", closefd=False) as file:
                file.write(bytes(size))
            self._memory = mmap.mmap(self._file, size)
        except BaseException:  # a full disk is tried again with each line: nothing may be left of it
            self.delete()
            os.close(self._file)
            raise
        self._length = 0
        for line in lines:
            self.append(line)

    def append(self, line: bytes) -> bool:
        """Keep a line; False where the file is full and holds it not."""
        end = self._length + len(line)
        if end > len(self._memory):
            return False
        self._memory[self._length : end] = line
        self._length = end
        return True

    def clear(self) -> None:
        """Let go of all lines: they are in the database."""
        self._memory[: self._length] = bytes(self._length)
        self._length = 0

    def followed(self, lines: list[bytes]) -> "SpoolFile":
        """Return a new file that holds these lines and room for as many again; this one is gone then."""
        size = max(FILE_BYTES, 2 * sum(map(len, lines)))
        following = SpoolFile(self._folder, lines, size=size)
        self.delete()
        self._memory.close()
        os.close(self._file)
        return following

    def delete(self) -> None:
        """Delete the file; whoever still appends to it does so in vain."""
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()


def lines_in(content: bytes) -> list[bytes]:
    """Return the lines that a process has left in its file, the last of which may be cut short."""
    return [line for line in (line.strip(b"\0") for line in content.splitlines()) if line]


def _locked(folder: Path) -> tuple[Path, int]:
    while True:
        path = folder / f"{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file).st_nlink:
            return path, file
        # Before it was locked, another start took it for a dead process's and cleared it away.
        os.close(file)
