"""Reads processor time and memory of process trees from /proc, because a rate alone hides what it costs."""

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class ProcessReading:
    """One process at one moment; processor seconds include its children that have ended."""

    pid: int
    parent_pid: int
    processor_seconds: float
    resident_bytes: int


def read_process(pid: int) -> ProcessReading | None:
    """Read /proc/<pid>/stat, or give None where the process has just ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the program's name in brackets and may hold spaces and brackets itself.
    fields = text[text.rindex(")") + 2 :].split()
    ticks = sum(int(value) for value in fields[11:15])
    return ProcessReading(pid, int(fields[1]), ticks / TICKS_A_SECOND, int(fields[21]) * PAGE_BYTES)


def read_tree(root_pid: int) -> list[ProcessReading]:
    """Read a process and all that descend from it."""
    children: dict[int, list[ProcessReading]] = defaultdict(list)
    found: list[ProcessReading] = []
    for entry in Path("/proc").iterdir():
        reading = read_process(int(entry.name)) if entry.name.isdigit() else None
        if reading is None:
            continue
        children[reading.parent_pid].append(reading)
        if reading.pid == root_pid:
            found.append(reading)
    for reading in found:
        found.extend(children[reading.pid])
    return found


def processor_seconds(root_pid: int) -> float:
    """Sum the processor time of a whole tree."""
    return sum(reading.processor_seconds for reading in read_tree(root_pid))


def largest_resident_mib(root_pid: int) -> float:
    """Give the resident memory of the tree's largest process, in MiB."""
    return max((reading.resident_bytes for reading in read_tree(root_pid)), default=0) / (1 << 20)
