"""Stripe's search query language, read into one condition: `email:"a@b.c" AND metadata["k"]:"v"`.

A clause is a field, an operator and a value: `:` is equal (texts whatever their case; ids to the letter, so
their index answers), `~` is within a text of three characters or more, `>`, `>=`, `<` and `<=` compare
numbers; `null` stands for nothing, and `-` before a clause for its opposite. Clauses are joined by AND (or a
space), or all by OR.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, not_, or_

from payments.errors import InvalidRequest

Kind = Literal["id", "token", "text", "number", "flag"]
MAXIMUM_CLAUSES = 10
LEAST_SUBSTRING = 3
OPERATORS: dict[Kind, frozenset[str]] = {
    "id": frozenset((":",)),
    "token": frozenset((":",)),
    "flag": frozenset((":",)),
    "text": frozenset((":", "~")),
    "number": frozenset((":", ">", ">=", "<", "<=")),
}
CLAUSE = re.compile(
    r"""(?P<minus>-)?
    (?:metadata\[(?P<quote>["'])(?P<key>[^"']{1,40})(?P=quote)\]|(?P<field>[a-z][a-z0-9_.]{0,60}))
    (?P<operator>:|~|>=|<=|>|<)
    (?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<bare>[^\s"']+))""",
    re.VERBOSE,
)
JOINT = re.compile(r"\s+(?:(AND|OR)\s+)?", re.IGNORECASE)
NUMBER = re.compile(r"-?[0-9]{1,18}")
ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Field:
    """What a query may ask about: a column, or a value within a document of the row."""

    column: Any
    kind: Kind = "token"


def condition(query: str, fields: dict[str, Field], metadata: Any) -> ColumnElement[bool]:
    """Return the condition of a query; raises InvalidRequest where it is none, or names another field."""
    found: list[ColumnElement[bool]] = []
    joints: set[str] = set()
    text, place = query.strip(), 0
    while place < len(text) or not found:
        clause = CLAUSE.match(text, place)
        if clause is None:
            raise _unreadable(text[place : place + 40])
        found.append(_of_clause(clause, fields, metadata))
        place = clause.end()
        if place < len(text):
            joint = JOINT.match(text, place)
            if joint is None or joint.end() == len(text):
                raise _unreadable(text[place : place + 40])
            joints.add((joint[1] or "AND").upper())
            place = joint.end()
    if len(joints) > 1:
        raise InvalidRequest("A search query can't combine AND and OR.", param="query")
    if len(found) > MAXIMUM_CLAUSES:
        raise InvalidRequest(f"A search query has at most {MAXIMUM_CLAUSES} clauses.", param="query")
    return (or_ if joints == {"OR"} else and_)(*found)


def _of_clause(clause: re.Match[str], fields: dict[str, Field], metadata: Any) -> ColumnElement[bool]:
    key, name = clause["key"], clause["field"]
    field = Field(metadata[key].as_string(), "text") if key is not None else fields.get(name)
    if field is None:
        known = ", ".join(sorted([*fields, "metadata"]))
        raise InvalidRequest(
            f"Field `{name}` is an unsupported search field for this resource. Supported: {known}.",
            param="query",
        )
    quoted = clause["double"] if clause["double"] is not None else clause["single"]
    value = clause["bare"] if quoted is None else ESCAPED.sub(r"\1", quoted)
    operator = clause["operator"]
    if operator not in OPERATORS[field.kind]:
        raise InvalidRequest(f"`{name or 'metadata'}` can't be searched by `{operator}`.", param="query")
    if quoted is None and value == "null":
        present: ColumnElement[bool] = field.column.is_not(None)
        return present if clause["minus"] else not_(present)
    meets = _meets(field, operator, value)
    return or_(field.column.is_(None), not_(meets)) if clause["minus"] else meets


def _meets(field: Field, operator: str, value: str) -> ColumnElement[bool]:
    column: Any = field.column
    if field.kind == "number":
        if NUMBER.fullmatch(value) is None:
            raise InvalidRequest(f"`{value[:40]}` is not a whole number.", param="query")
        return _compared(column, operator, int(value))
    if field.kind == "flag":
        if value not in ("true", "false"):
            raise InvalidRequest("A flag is true or false.", param="query")
        wanted: ColumnElement[bool] = column.is_(value == "true")
        return wanted
    if field.kind == "id":
        itself: ColumnElement[bool] = column == value
        return itself
    if operator == "~":
        if len(value) < LEAST_SUBSTRING:
            message = f"A substring has at least {LEAST_SUBSTRING} characters."
            raise InvalidRequest(message, param="query")
        within: ColumnElement[bool] = func.lower(column).contains(value.lower(), autoescape=True)
        return within
    same: ColumnElement[bool] = func.lower(column) == value.lower()
    return same


def _compared(column: Any, operator: str, value: int) -> ColumnElement[bool]:
    compared: dict[str, ColumnElement[bool]] = {
        ":": column == value,
        ">": column > value,
        ">=": column >= value,
        "<": column < value,
        "<=": column <= value,
    }
    return compared[operator]


def _unreadable(there: str) -> InvalidRequest:
    return InvalidRequest(
        f"The search query could not be read at `{there}`. Write clauses such as status:'succeeded', joined "
        "by AND or OR.",
        param="query",
    )
