"""How a noun's rows travel between Python and the driver, worked out once for each table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, cast

import orjson
import sqlalchemy
from sqlalchemy import JSON, Boolean, Integer, LargeBinary, Table
from sqlalchemy.orm import InstanceState, Mapper
from sqlalchemy.pool import ManagesConnection

from kit.driver import run_postgresql, run_sqlite
from kit.writing import Change, Shape


def _flag_of_text(text: bytes) -> bool:
    return text == b"t"


def _bytes_of_text(text: bytes) -> bytes:
    return bytes.fromhex(text[2:].decode())


def _identity(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Column:
    """How one attribute becomes a column's value, and back from either database's answer."""

    name: str
    key: str
    is_document: bool
    default: Any
    of_text: Callable[[bytes], Any]
    of_sqlite: Callable[[Any], Any]

    def encoded(self, value: Any) -> Any:
        """Return a value as the driver takes it; JSON documents become text."""
        return orjson.dumps(value).decode() if self.is_document and value is not None else value


def _column(column: sqlalchemy.Column[Any], key: str) -> Column:
    of_text: Callable[[bytes], Any] = bytes.decode
    of_sqlite: Callable[[Any], Any] = _identity
    match column.type:
        case JSON():
            of_text = of_sqlite = orjson.loads
        case Boolean():
            of_text, of_sqlite = _flag_of_text, bool
        case Integer():
            of_text = int
        case LargeBinary():
            of_text = _bytes_of_text
    return Column(column.name, key, isinstance(column.type, JSON), column.default, of_text, of_sqlite)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a noun's table once and for all."""

    table: Table
    columns: tuple[Column, ...]
    keys: frozenset[str]
    insertion: Shape
    versioned: bool
    selection: str  # of all columns; the condition is appended
    values_of: Callable[[dict[str, Any]], tuple[Any, ...]]  # a row's values in the order of its columns
    documents: tuple[int, ...]  # the places of columns that hold JSON
    of_text: tuple[tuple[str, Callable[[bytes], Any]], ...]  # attributes with what reads them
    of_sqlite: tuple[tuple[str, Callable[[Any], Any]], ...]

    def encoded(self, known: dict[str, Any]) -> tuple[Any, ...]:
        """Return a row's values as the driver takes them, in the order of its columns."""
        values = list(self.values_of(known))
        for place in self.documents:
            if values[place] is not None:
                values[place] = orjson.dumps(values[place]).decode()
        return tuple(values)


@cache
def plan_of(mapper: Mapper[Any]) -> Plan:
    """Return the plan of a noun."""
    table = cast("Table", mapper.local_table)
    columns = tuple(
        _column(column, mapper.get_property_by_column(column).key)
        for column in table.columns
        if column.autoincrement is not True  # the database counts those itself
    )
    names = tuple(column.name for column in columns)
    listed = ", ".join(f'"{name}"' for name in names)
    return Plan(
        table=table,
        columns=columns,
        keys=frozenset(attribute.key for attribute in mapper.column_attrs),
        insertion=Shape(table, names, is_update=False),
        versioned="version" in names,
        selection=f'SELECT {listed} FROM "{table.name}" WHERE ',
        values_of=itemgetter(*[column.key for column in columns]),
        documents=tuple(place for place, column in enumerate(columns) if column.is_document),
        of_text=tuple((column.key, column.of_text) for column in columns),
        of_sqlite=tuple((column.key, column.of_sqlite) for column in columns),
    )


def insertion(state: InstanceState[Any]) -> Change:
    """Return the insertion of a new row; columns that were not set get their defaults, in the row too."""
    plan = plan_of(state.mapper)
    known = state.dict
    try:
        return Change(plan.insertion, plan.encoded(known))
    except KeyError:
        _fill_in(plan, known)
    return Change(plan.insertion, plan.encoded(known))


def _fill_in(plan: Plan, known: dict[str, Any]) -> None:
    for column in plan.columns:
        if column.key not in known:
            default = column.default
            known[column.key] = (
                None if default is None else default.arg(None) if default.is_callable else default.arg
            )


def update(state: InstanceState[Any]) -> Change | None:
    """Return the guarded update of a changed row, None where nothing really changed."""
    plan = plan_of(state.mapper)
    known, committed = state.dict, state.committed_state
    changed = [
        column
        for column in plan.columns
        if column.key in committed and committed[column.key] != known[column.key]
    ]
    if not changed:
        return None
    shape = _update_of(plan.table, tuple([column.name for column in changed]))
    key = (*state.mapper.primary_key_from_instance(state.object), known["version"])
    return Change(shape, tuple(column.encoded(known[column.key]) for column in changed), key)


@lru_cache(maxsize=1024)
def _update_of(table: Table, names: tuple[str, ...]) -> Shape:
    return Shape(table, names, is_update=True)


def read_postgresql(
    held: ManagesConnection, plan: Plan, condition: str, values: Sequence[Any]
) -> list[dict[str, Any]]:
    """Return the attributes of the rows that a condition holds for."""
    rows = run_postgresql(held, plan.selection + condition, values)
    return [
        {
            key: None if text is None else read(text)
            for (key, read), text in zip(plan.of_text, row, strict=True)
        }
        for row in rows
    ]


def read_sqlite(
    held: ManagesConnection, plan: Plan, condition: str, values: Sequence[Any]
) -> list[dict[str, Any]]:
    """Return the attributes of the rows that a condition holds for."""
    rows = run_sqlite(held, plan.selection + condition, values)
    return [
        {
            key: None if value is None else read(value)
            for (key, read), value in zip(plan.of_sqlite, row, strict=True)
        }
        for row in rows
    ]
