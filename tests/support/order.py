"""In which order the tests begin: long ones early, as many in each test process, so that all end together.

pytest-xdist gives each process a slice of the list, in order, and who has done all of its own takes from the
end of another's. A long test at the end of a slice would be waited for by everybody, and files whose tests
share something dear would be torn apart there, and make it in each process anew.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

import pytest

# File of tests -> about how many seconds of a core one of its tests takes; what is named nowhere is short.
LONG_SECONDS = {
    "webhooks/test_a_hundred_thousand_events.py": 60,
    "bad_input/test_schemathesis.py": 40,
    "chaos/test_nothing_is_lost.py": 40,
    "chaos/test_the_checker_is_judged.py": 20,
    "model/test_payments_follow_the_model.py": 12,
    "journeys/test_every_page_is_accessible.py": 12,
    "failpoints/test_every_point_of_every_scene.py": 8,
}
# Files that one process plays, one after the other, since their tests share servers -> the whole's seconds.
TOGETHER_SECONDS = {
    ("bench/test_contenders_answer_alike.py",): 25,
    ("cli/test_the_official_cli.py", "cli/test_triggers.py"): 40,
    ("methods/test_on_the_hosted_page.py",): 30,
    ("methods/test_upi_on_a_phone.py",): 15,
    ("stripe_acquirer/test_through_two_houses.py",): 35,
    ("toolchain/test_run_demo.py",): 20,
    ("toolchain/test_run_serves.py",): 60,
}
# Before its long tests a process does what is patient, beside whoever has the machine alone, and so many
# short ones: who gets ready for having it alone would else wait, and let all others wait, for the long ones.
SHORT_ONES_BEFORE = 250

_places = {file: files for files in TOGETHER_SECONDS for file in files}


def arranged(items: Sequence[pytest.Item], processes: int) -> list[pytest.Item]:
    """The same tests in the order in which they are to be collected, for so many test processes."""
    first = [item for item in items if item.get_closest_marker("first")]
    patient = [item for item in items if item.get_closest_marker("patient")]
    apart = {id(item) for item in (*first, *patient)}
    others = [item for item in items if id(item) not in apart]
    if processes == 1:
        return [*first, *patient, *others]
    meanwhile = [first, *_dealt(patient, [0] * (processes - 1))]  # what each process begins with
    early = _dealt(others, [sum(map(_seconds, own)) for own in meanwhile])
    dealt = {id(item) for own in early for item in own}
    short = iter([item for item in others if id(item) not in dealt])
    result: list[pytest.Item] = []
    left = len(items)
    for process, (begins_with, own) in enumerate(zip(meanwhile, early, strict=True)):
        size = left // (processes - process)  # as xdist cuts its slices
        left -= size
        room = max(0, size - len(own) - len(begins_with))
        before = 0 if process == 0 else min(SHORT_ONES_BEFORE, room)
        result += [*begins_with, *islice(short, before), *own, *islice(short, room - before)]
    return result + list(short)


def _dealt(items: Sequence[pytest.Item], busy_seconds: Sequence[int]) -> list[list[pytest.Item]]:
    """What is long, the longest first, always to the process that has least, with what it does before."""
    together: dict[tuple[str, ...], list[pytest.Item]] = defaultdict(list)
    units: list[tuple[int, list[pytest.Item]]] = []
    for item in items:
        file = _file(item)
        if file in _places:
            together[_places[file]].append(item)
        elif file in LONG_SECONDS:
            units.append((LONG_SECONDS[file], [item]))
    units += [(TOGETHER_SECONDS[files], own) for files, own in together.items()]
    loads = list(busy_seconds)
    dealt: list[list[pytest.Item]] = [[] for _ in loads]
    for seconds, own in sorted(units, key=lambda unit: unit[0], reverse=True):
        least = loads.index(min(loads))
        dealt[least] += own
        loads[least] += seconds
    return dealt


def _seconds(item: pytest.Item) -> int:
    return LONG_SECONDS.get(_file(item), 0)


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0].removeprefix("tests/")
