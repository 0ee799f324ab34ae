"""A comparison is only fair between contenders that answer the same thing and write the same rows."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import create_engine

from bench import rows
from bench.contenders import Scene, ask, start_contenders
from bench.servers import free_port, start
from bench.workloads import WORKLOADS, Kind, Workload

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("bench")
    with ExitStack() as stack:
        port = free_port()
        bank = start("bank", [sys.executable, "-m", "bench.bank", "--port", str(port)], port, folder)
        stack.callback(bank.stop)
        made = Scene("sqlite", folder, stack, None, bank)
        start_contenders(made, WORKLOADS, ())
        yield made


def answer(scene: Scene, name: str, workload: Workload) -> str:
    contender = scene.contenders[name]
    request = contender.requests(workload)[0]
    method, path, _ = request.split(" ", 2)
    return ask(contender.server.port, method, path, request.partition("\r\n\r\n")[2])


COMPARED = [
    (workload, name)
    for workload in WORKLOADS
    for name in ("limit", "naive")
    if name in workload.beside and not workload.name.endswith("-50")
]


@pytest.mark.parametrize(("workload", "name"), COMPARED, ids=lambda value: getattr(value, "name", value))
def test_the_handlers_answer_in_florins_shape(scene: Scene, workload: Workload, name: str) -> None:
    florins, others = (json.loads(answer(scene, who, workload)) for who in ("florin", name))
    assert sorted(others) == sorted(florins)
    if workload.kind is Kind.LIST:
        assert len(others["data"]) == len(florins["data"]) == 10
        assert sorted(others["data"][0]) == sorted(florins["data"][0])


@pytest.mark.parametrize(
    "workload", [one for one in WORKLOADS if "floor" in one.beside], ids=lambda one: one.name
)
def test_the_floor_answers_as_many_bytes(scene: Scene, workload: Workload) -> None:
    florins, floors = (len(answer(scene, who, workload)) for who in ("florin", "floor"))
    assert abs(florins - floors) <= 0.02 * florins


@pytest.mark.parametrize("name", ["limit", "naive"])
def test_the_handlers_write_the_rows_that_florin_writes(scene: Scene, name: str) -> None:
    session = WORKLOADS[0]
    engine = create_engine(f"sqlite:///{scene.folder / name}.sqlite3", isolation_level="AUTOCOMMIT")
    metadata, before = rows.settled(engine)
    answer(scene, name, session)
    metadata, after = rows.settled(engine)
    engine.dispose()
    written = rows.new_rows(metadata, before, after)
    expected = rows.load(scene.folder / "templates.json")["session"].rows
    assert [(row.table, sorted(row.columns)) for row in written] == [
        (row.table, sorted(row.columns)) for row in expected
    ]
