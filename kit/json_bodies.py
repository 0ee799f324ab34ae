"""Turns the bytes of a JSON body into plain dicts, or refuses them with a typed error and nothing else."""

import json
from typing import Any

import orjson

from kit.forms import MAX_BODY_BYTES, SHOWN_CHARS, nul_refused
from kit.params.errors import ParamError

MAX_JSON_DEPTH = 16
MAX_JSON_MEMBERS = 10_000


def decode(body: bytes) -> dict[str, Any]:
    """The members of a JSON object; a member that is null counts as not given."""
    if len(body) > MAX_BODY_BYTES:
        raise ParamError(f"The request body is larger than {MAX_BODY_BYTES} bytes.")
    if not body.strip():
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ParamError(f"Invalid JSON in the request body: {error}.") from None
    if not isinstance(value, dict):
        raise ParamError("The request body must be a JSON object.")
    _check_json(value)
    # orjson keeps the last of two members of one name. The depth is known to be small by now, so that the
    # standard library's parser cannot run out of stack; it parses only to see each name.
    json.loads(body, object_pairs_hook=_refuse_duplicates, parse_int=str, parse_float=str)
    return {name: _without_nulls(member) for name, member in value.items() if member is not None}


def _check_json(value: Any) -> None:
    """Refuse depth, size and NUL; an explicit stack, so that no input can exhaust Python's own."""
    members = 0
    stack: list[tuple[Any, int]] = [(value, 1)]
    while stack:
        branch, depth = stack.pop()
        members += 1
        if depth > MAX_JSON_DEPTH or members > MAX_JSON_MEMBERS:
            raise ParamError("The JSON of the request body is too deep or too large.")
        if isinstance(branch, dict):
            stack.extend((name, depth) for name in branch)
            stack.extend((member, depth + 1) for member in branch.values())
        elif isinstance(branch, list):
            stack.extend((member, depth + 1) for member in branch)
        elif isinstance(branch, str) and "\0" in branch:
            raise nul_refused()


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> None:
    names = set()
    for name, _ in pairs:
        if name in names:
            shown = name[:SHOWN_CHARS]
            raise ParamError(f"The parameter {shown} is given more than once.", param=shown)
        names.add(name)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_without_nulls(member) for member in value]
    return value
