"""The test processes of a run end together: each begins with its share of the long tests."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from launcher.places import ROOT
from tests.support.order import LONG_SECONDS, SHORT_ONES_BEFORE, TOGETHER_SECONDS, arranged

LONG = [f"tests/{file}::test_{number}" for file in LONG_SECONDS for number in range(4)]
TOGETHER = [
    f"tests/{file}::test_{number}" for files in TOGETHER_SECONDS for file in files for number in (1, 2)
]
SHORT = [f"tests/wire/test_short.py::test_{number}" for number in range(6 * SHORT_ONES_BEFORE)]


@dataclass(frozen=True)
class Item:
    nodeid: str
    marker: str | None = None

    def get_closest_marker(self, name: str) -> str | None:
        return self.marker if self.marker == name else None


ALONE = Item("tests/wire/test_alone.py::test_it", "first")
ITEMS = [*map(Item, [*SHORT, *LONG, *TOGETHER]), ALONE]


def order(items: list[Item], processes: int) -> list[Any]:
    return arranged(cast("list[pytest.Item]", items), processes)


def file_of(item: Item) -> str:
    return item.nodeid.removeprefix("tests/").partition("::")[0]


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
        early = [place for place, item in enumerate(own) if item.nodeid not in SHORT]
        assert early == list(range(early[0], early[-1] + 1))
        assert early[0] == (0 if place == 0 else SHORT_ONES_BEFORE)
        loads.append(sum(LONG_SECONDS.get(file_of(item), 0) for item in own))
    assert max(loads) - min(loads) <= sum(TOGETHER_SECONDS.values()) / processes + max(LONG_SECONDS.values())


@pytest.mark.parametrize("processes", [2, 3, 4])
def test_files_that_share_servers_are_played_by_one_process(processes: int) -> None:
    found = [{file_of(item) for item in own} for own in slices(ITEMS, processes)]
    for files in TOGETHER_SECONDS:
        assert sorted(len(own & set(files)) for own in found) == [0] * (processes - 1) + [len(files)]


def test_who_needs_the_machine_alone_begins_before_all_others() -> None:
    assert slices(ITEMS, 3)[0][0] == order(ITEMS, 1)[0] == ALONE


@pytest.mark.parametrize("processes", [2, 3, 4])
def test_what_is_patient_is_done_meanwhile_by_the_others(processes: int) -> None:
    patient = [Item(f"tests/{next(iter(LONG_SECONDS))}::test_{number}", "patient") for number in range(6)]
    found = slices([*ITEMS, *patient], processes)
    assert found[0][0] == ALONE
    assert not set(found[0]) & set(patient)
    for own in found[1:]:
        assert set(own[: len(patient) // (processes - 1)]) <= set(patient)
    assert set(patient) < {item for own in found for item in own}


def test_every_long_file_is_there() -> None:
    named = {*LONG_SECONDS, *(file for files in TOGETHER_SECONDS for file in files)}
    assert [name for name in named if not (Path(ROOT) / "tests" / name).is_file()] == []
