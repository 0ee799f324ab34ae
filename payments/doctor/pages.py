"""How a check walks a table of any length: page by page, and twice where something seems wrong."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Executable, func, select
from sqlalchemy.orm import InstrumentedAttribute

from kit.database import db

PAGE_ROWS = 1_000
# On a live database the rows of one page are read one table after the other. What was written in between
# looks wrong once; what is still wrong after these pauses is.
LOOK_AGAIN_SECONDS = (0.5, 1.0, 2.0)

Column = InstrumentedAttribute[Any]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be; a note is worth knowing, yet no rule is broken."""

    object_id: str
    problem: str
    note: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some keys, in their order.

    Rows of several tables are put together by the checks and not by the database, in which some of the
    columns that hold ids are of another collation.
    """

    keys: tuple[str, ...]

    def holds(self, column: Column) -> Any:
        """Return the condition that a column's value is one of these keys."""
        return column.in_(self.keys)


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant: its name, the sentence that has to hold, its length in steps, its findings by step."""

    name: str
    sentence: str
    steps: Callable[[], int]
    run: Callable[[], Iterator[list[Finding]]]


def over(name: str, sentence: str, key: Column, look: Callable[[Page], list[Finding]]) -> Check:
    """Return a check that looks at the rows of a table page by page."""

    def steps() -> int:
        rows = db.session.scalar(select(func.count()).select_from(key.class_)) or 0
        return int(rows) // PAGE_ROWS + 1

    def run() -> Iterator[list[Finding]]:
        for page in pages(key):
            yield persisting(partial(look, page))

    return Check(name, sentence, steps, run)


def at_once(name: str, sentence: str, look: Callable[[], list[Finding]]) -> Check:
    """Return a check that takes one step."""

    def run() -> Iterator[list[Finding]]:
        yield persisting(look)

    return Check(name, sentence, lambda: 1, run)


def pages(key: Column) -> Iterator[Page]:
    """Return all values of a key, PAGE_ROWS different ones at a time."""
    after = ""
    while True:
        query = select(key).where(key > after).distinct().order_by(key).limit(PAGE_ROWS)
        keys = tuple(db.session.scalars(query))
        if not keys:
            return
        yield Page(keys)
        after = keys[-1]


def pairs(query: Executable) -> dict[Any, Any]:
    """Return the rows of a query with two columns as a dictionary."""
    return {row[0]: row[1] for row in db.session.execute(query)}


def persisting(look: Callable[[], list[Finding]]) -> list[Finding]:
    """Return what is found at each of several looks."""
    found = look()
    for seconds in LOOK_AGAIN_SECONDS:
        if not found:
            return []
        time.sleep(seconds)
        still = {finding.object_id for finding in look()}
        found = [finding for finding in found if finding.object_id in still]
    return found


def batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Return rows so many at a time."""
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some
