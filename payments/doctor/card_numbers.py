"""Card numbers: no table holds one in the clear, in whatever column somebody has put it."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import orjson
from sqlalchemy import JSON, String, Table, func, select, tuple_

from kit.database import Base, db
from payments.charging.card_brands import passes_luhn, scheme_of, without_card_numbers
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
    return any(_is_of_a_scheme(re.sub(r"[ -]", "", run)) for run in runs)


def _is_of_a_scheme(digits: str) -> bool:
    scheme = scheme_of(digits)
    return scheme is not None and len(digits) in scheme.lengths and passes_luhn(digits)


def _tables() -> list[Table]:
    return list(Base.metadata.sorted_tables)


def _steps() -> int:
    counted = [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in _tables()]
    return sum(int(rows) // PAGE_ROWS + 1 for rows in counted)


def _run() -> Iterator[list[Finding]]:
    for table in _tables():
        after: tuple[Any, ...] | None = None
        while True:
            found = persisting(partial(_look, table, after))
            last = _last_key(table, after)
            yield found
            if last is None:
                break
            after = last


def _page(table: Table, after: tuple[Any, ...] | None, columns: list[Any]) -> Any:
    key = list(table.primary_key)
    query = select(*columns).order_by(*key).limit(PAGE_ROWS)
    return db.session.execute(query if after is None else query.where(tuple_(*key) > after))


def _last_key(table: Table, after: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    """Return the last key of a page, None where the page was the last one."""
    rows = _page(table, after, list(table.primary_key)).all()
    return tuple(rows[-1]) if len(rows) == PAGE_ROWS else None


def _look(table: Table, after: tuple[Any, ...] | None) -> list[Finding]:
    key, found = list(table.primary_key), []
    texts = [
        column
        for column in table.c
        if isinstance(column.type, String | JSON) and column.name not in GIVEN_NAMES
    ]
    if not texts:
        return []
    for row in _page(table, after, [*key, *texts]):
        for column, value in zip(texts, row[len(key) :], strict=True):
            if value is not None and looks_like_one(value if isinstance(value, str) else _written(value)):
                name = without_card_numbers(f"{table.name} {'/'.join(map(str, row[: len(key)]))}")
                found.append(Finding(name, f"its {column.name} holds what looks like a whole card number"))
    return found


def _written(value: Any) -> str:
    return orjson.dumps(value).decode()
