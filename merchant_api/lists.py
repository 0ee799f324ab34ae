"""Lists as Stripe has them: newest first, keyset only, no counting."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from kit.database import db, load_where
from payments.errors import InvalidRequest, NotFound
from payments.resource import Resource
from payments.scope import caller

DEFAULT_LIMIT = 10
MAXIMUM_LIMIT = 100
COMPARISONS: dict[str, Callable[[Any, int], Any]] = {
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of nouns, in wire order."""

    url: str
    nouns: list[Any]
    has_more: bool

    def as_stripe(self) -> dict[str, Any]:
        """Return the list object."""
        data = [noun.as_stripe() for noun in self.nouns]
        return {"object": "list", "data": data, "has_more": self.has_more, "url": self.url}


def limit_of(params: dict[str, Any]) -> int:
    """Return how many are wanted; raises InvalidRequest for a number out of bounds."""
    limit = params.get("limit", DEFAULT_LIMIT)
    if not 1 <= limit <= MAXIMUM_LIMIT:
        bound = "greater than or equal to 1" if limit < 1 else f"less than or equal to {MAXIMUM_LIMIT}"
        raise InvalidRequest(f"This value must be {bound}.", code="parameter_invalid_integer", param="limit")
    return int(limit)


def within(query: Select[Any], column: Any, bounds: int | dict[str, int] | None) -> Select[Any]:
    """Narrow a select to a moment, or to what Stripe's comparisons say."""
    if bounds is None:
        return query
    if isinstance(bounds, int):
        return query.where(column == bounds)
    for comparison, value in bounds.items():
        query = query.where(COMPARISONS[comparison](column, value))
    return query


def _cursor(noun: type[Resource], params: dict[str, Any], name: str) -> str | None:
    cursor = params.get(name)
    if cursor is None:
        return None
    row = noun.peek(cursor)
    if row is None:
        raise InvalidRequest(str(NotFound(noun.wire_name(), cursor)), code="resource_missing", param=name)
    return row.id


def page(
    noun: type[Resource],
    url: str,
    params: dict[str, Any],
    query: Select[Any] | None = None,
    *,
    newest_first: bool = True,
) -> Page:
    """Return a page of the caller's nouns; `query` narrows which, `params` are the list parameters."""
    limit = limit_of(params)
    after, before = _cursor(noun, params, "starting_after"), _cursor(noun, params, "ending_before")
    if after and before:
        message = "You cannot parameterize both starting_after and ending_before."
        raise InvalidRequest(message, param="ending_before")
    # Reading backwards from a cursor turns the order round; the rows are turned back at the end.
    descending = newest_first != bool(before)
    rows: Sequence[Any]
    if query is None and "created" not in params:
        rows = _unfiltered(noun, after or before, limit + 1, descending=descending)
    else:
        query = within(noun.mine() if query is None else query, noun.created, params.get("created"))
        if cursor := after or before:
            query = query.where(noun.id < cursor if descending else noun.id > cursor)
        order = noun.id.desc() if descending else noun.id.asc()
        rows = db.session.scalars(query.order_by(order).limit(limit + 1)).all()
    nouns = list(rows[:limit])
    return Page(url, nouns[::-1] if before else nouns, len(rows) > limit)


def _unfiltered(
    noun: type[Resource], cursor: str | None, limit: int, *, descending: bool
) -> Sequence[Resource]:
    """Return the rows of the plainest list, by a statement that each connection prepares once."""
    who = caller()
    beyond = "" if cursor is None else f'AND "id" {"<" if descending else ">"} ?'
    order = "DESC" if descending else "ASC"
    condition = f'"account_id" = ? AND "livemode" = ? {beyond} ORDER BY "id" {order} LIMIT ?'
    values = [who.account_id, who.livemode, *([] if cursor is None else [cursor]), limit]
    return load_where(noun, condition, values)


def narrowed(
    noun: type[Resource],
    params: dict[str, Any],
    filters: dict[str, InstrumentedAttribute[Any]],
    among: Select[Any] | None = None,
) -> Select[Any] | None:
    """Return the select that the given filters leave, of `among` where it is given; None where nothing is."""
    given = [column == params[name] for name, column in filters.items() if name in params]
    if not given:
        return among
    return (noun.mine() if among is None else among).where(*given)
