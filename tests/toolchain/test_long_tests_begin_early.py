"""The test processes of a run end together: each begins with its share of the long tests."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from launcher.places import ROOT
from tests.support.order import LONG_SECONDS, SHORT_ONES_BEFORE, arranged

LONG = [f"tests/{file}::test_{number}" for file in LONG_SECONDS for number in range(4)]
SHORT = [f"tests/wire/test_short.py::test_{number}" for number in range(3 * SHORT_ONES_BEFORE)]


@dataclass(frozen=True)
class Item:
    nodeid: str
    marker: str | None = None

    def get_closest_marker(self, name: str) -> str | None:
        return self.marker if self.marker == name else None


ITEMS = [Item(name) for name in [*SHORT, *LONG]] + [Item("tests/wire/test_alone.py::test_it", "first")]


def order(items: list[Item], processes: int) -> list[Any]:
    return arranged(cast("list[pytest.Item]", items), processes)


def slices(items: list[Item], processes: int) -> list[list[Any]]:
    """What each process gets from xdist."""
    whole, cut = order(items, processes), []
    for process in range(processes):
        size = len(whole) // (processes - process)
        cut.append(whole[:size])
        whole = whole[size:]
    return cut


@pytest.mark.parametrize("processes", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("few", [1, 5, 40, len(ITEMS)])
def test_every_test_is_run_once(processes: int, few: int) -> None:
    found = order(ITEMS[-few:], processes)
    assert len(found) == few
    assert set(found) == set(ITEMS[-few:])


@pytest.mark.parametrize("processes", [2, 3, 4])
def test_each_process_has_about_as_much_of_what_is_long_and_begins_it_early(processes: int) -> None:
    loads = []
    for place, own in enumerate(slices(ITEMS, processes)):
        before = 1 if place == 0 else min(SHORT_ONES_BEFORE, len(own) - len(LONG) // processes)
        long = [item for item in own if item.nodeid in LONG]
        begun = [item for item in own[: before + len(long) + 1] if item.nodeid in LONG]
        assert len(begun) >= len(long) - 1
        loads.append(sum(LONG_SECONDS[item.nodeid[6:].partition("::")[0]] for item in long))
    assert max(loads) - min(loads) <= max(LONG_SECONDS.values())


def test_who_needs_the_machine_alone_begins_before_all_others() -> None:
    assert slices(ITEMS, 3)[0][0].nodeid == "tests/wire/test_alone.py::test_it"
    assert order(ITEMS, 1)[0].nodeid == "tests/wire/test_alone.py::test_it"


def test_every_long_file_is_there() -> None:
    assert [name for name in LONG_SECONDS if not (Path(ROOT) / "tests" / name).is_file()] == []
