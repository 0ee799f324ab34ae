"""Card numbers: no table holds one in the clear, in whatever column somebody has put it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import JSON, String, Table, func, select, tuple_

from kit.database import Base, db
from payments.charging.card_brands import is_of_a_scheme, without_card_numbers
from payments.doctor.pages import PAGE_ROWS, Check, Finding, persisting

# In one go or in groups, and no part of a longer word: ids and digests have runs of digits, too.
NUMBER = re.compile(r"(?<![0-9A-Za-z_])[0-9](?:[ -]?[0-9]){12,18}(?![0-9A-Za-z_])")

# Numbers that networks and banks give: as long as a card's, and one in fifty would pass for one.
GIVEN_NAMES = ("network_transaction_id", "set_up_by", "trace_id", "transaction_id")
_GIVEN = re.compile(rf"""\\*"(?:{"|".join(GIVEN_NAMES)})\\*"\s*:\s*(?:\\*"[0-9A-Za-z-]*\\*"|{{[^{{}}]*}})""")


def checks() -> list[Check]:
    """Return the check of this file."""
    return [Check("card numbers", "no table holds a whole card number in the clear", _steps, _run)]


def looks_like_one(text: str) -> bool:
    """Tell whether a text has a number of a scheme's range and length, whose check digit is right."""
    if NUMBER.search(text) is None:
        return False
    runs = NUMBER.findall(_GIVEN.sub("", text))
    return any(is_of_a_scheme(re.sub(r"[ -]", "", run)) for run in runs)


def _tables() -> list[Table]:
    """Return the tables that hold any text."""
    return [table for table in Base.metadata.sorted_tables if _texts(table)]


def _steps() -> int:
    counted = [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in _tables()]
    return sum(int(rows) // PAGE_ROWS + 1 for rows in counted)


def _run() -> Iterator[list[Finding]]:
    for table in _tables():
        after: tuple[Any, ...] | None = None
        while True:
            page = _Page(table, after)
            yield persisting(page.findings)
            if page.last_key is None:
                break
            after = page.last_key


@dataclass(slots=True)
class _Page:
    """Some rows of a table after a key, read once; read again only where something was found."""

    table: Table
    after: tuple[Any, ...] | None
    last_key: tuple[Any, ...] | None = None  # as it was when last read; None where no page follows

    def findings(self) -> list[Finding]:
        """Read the page, note where it ends, and return what looks like a card number."""
        key, texts = list(self.table.primary_key), _texts(self.table)
        query = select(*key, *texts).order_by(*key).limit(PAGE_ROWS)
        if self.after is not None:
            query = query.where(tuple_(*key) > self.after)
        found, rows = [], db.session.execute(query).all()
        self.last_key = tuple(rows[-1][: len(key)]) if len(rows) == PAGE_ROWS else None
        for row in rows:
            for column, value in zip(texts, row[len(key) :], strict=True):
                if value is not None and looks_like_one(value if isinstance(value, str) else _written(value)):
                    name = without_card_numbers(f"{self.table.name} {'/'.join(map(str, row[: len(key)]))}")
                    found.append(
                        Finding(name, f"its {column.name} holds what looks like a whole card number")
                    )
        return found


def _texts(table: Table) -> list[Any]:
    return [
        column
        for column in table.c
        if isinstance(column.type, String | JSON) and column.name not in GIVEN_NAMES
    ]


def _written(value: Any) -> str:
    return orjson.dumps(value).decode()
