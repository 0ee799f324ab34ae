"""In which order the tests begin: long ones early, as many in each test process, so that all end together.

pytest-xdist gives each process a slice of the list, in order, and who has done all of its own takes from the
end of another's. A long test at the end of a slice would be waited for by everybody.
"""

from collections.abc import Sequence
from itertools import islice

import pytest

# File of tests -> about how many seconds of a core one of its tests takes; what is not named is short.
LONG_SECONDS = {
    "webhooks/test_a_hundred_thousand_events.py": 60,
    "bad_input/test_schemathesis.py": 40,
    "chaos/test_nothing_is_lost.py": 40,
    "chaos/test_the_checker_is_judged.py": 20,
    "model/test_payments_follow_the_model.py": 12,
    "journeys/test_every_page_is_accessible.py": 12,
    "failpoints/test_every_point_of_every_scene.py": 8,
}
# Before its long tests a process does so many short ones: meanwhile who needs the machine alone gets ready,
# and would else wait, and let all others wait, until the long ones are over.
SHORT_ONES_BEFORE = 250


def arranged(items: Sequence[pytest.Item], processes: int) -> list[pytest.Item]:
    """The same tests in the order in which they are to be collected, for so many test processes."""
    first = [item for item in items if item.get_closest_marker("first")]
    others = [item for item in items if not item.get_closest_marker("first")]
    if processes == 1:
        return first + others
    long: list[list[pytest.Item]] = [[] for _ in range(processes)]
    loads = [sum(map(_seconds, first)), *(0 for _ in range(processes - 1))]
    for item in sorted(others, key=_seconds, reverse=True):
        if not _seconds(item):
            break
        least = loads.index(min(loads))
        long[least].append(item)
        loads[least] += _seconds(item)
    short = iter([item for item in others if not _seconds(item)])
    result = list(first)
    left = len(items)
    for process, own in enumerate(long):
        size = left // (processes - process)  # as xdist cuts its slices
        left -= size
        room = max(0, size - len(own) - (len(first) if process == 0 else 0))
        before = 0 if process == 0 else min(SHORT_ONES_BEFORE, room)
        result += [*islice(short, before), *own, *islice(short, room - before)]
    return result + list(short)


def _seconds(item: pytest.Item) -> int:
    name = item.nodeid.partition("::")[0].removeprefix("tests/")
    return LONG_SECONDS.get(name, 0)
