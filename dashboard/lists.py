"""Lists as the dashboard pages through them: newest first, keyset only, no counting."""

from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import Select

from kit.database import db
from payments.merchants import ApiKey
from payments.resource import Resource

ROWS = 25


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of rows; `newer` and `older` are cursors for its neighbours, None where there are none."""

    rows: list[Any]
    newer: str | None
    older: str | None


def listing(noun: type[Resource] | type[ApiKey], query: Select[Any] | None = None) -> Listing:
    """Return the page that the address names by a cursor, or the first; raises NotFound for a bad cursor."""
    query = noun.mine() if query is None else query
    older_than, newer_than = request.args.get("older_than"), request.args.get("newer_than")
    if newer_than:
        query = query.where(noun.id > noun.find(newer_than).id).order_by(noun.id.asc())
    elif older_than:
        query = query.where(noun.id < noun.find(older_than).id).order_by(noun.id.desc())
    else:
        query = query.order_by(noun.id.desc())
    found = list(db.session.scalars(query.limit(ROWS + 1)))
    rows, more = found[:ROWS], len(found) > ROWS
    if newer_than:
        rows.reverse()
    first, last = (rows[0].id, rows[-1].id) if rows else (None, None)
    return Listing(
        rows,
        newer=first if (more if newer_than else older_than) else None,
        older=last if (more or newer_than) else None,
    )
