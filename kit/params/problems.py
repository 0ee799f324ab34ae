"""Words pydantic's complaints as Stripe words them, and picks the one that Stripe would report."""

import difflib
import json
from typing import Any

from pydantic_core import ErrorDetails

from kit.params.compiling import ARM_MARK
from kit.params.errors import Location, ParamError, bracketed
from kit.params.shapes import Hash, Shape

SHOWN_CHARS = 100
LONGEST_GUESSED_NAME = 64
# Card data is never said back, since answers may be kept.
SECRET = frozenset({"number", "cvc"})
HIDDEN = "(hidden)"
EMPTY = (
    "You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter;"
    " however '{name}' cannot be unset. You should remove '{name}' from your request or supply a"
    " non-empty value."
)


def to_param_error(details: list[ErrorDetails], declared: Hash) -> ParamError:
    """Stripe reports parameters that it does not know first, then missing ones, then bad values."""
    unknown = [_location(detail) for detail in details if detail["type"] == "extra_forbidden"]
    if unknown:
        return _unknown(unknown, declared)
    missing = next((detail for detail in details if detail["type"] == "missing"), None)
    if missing:
        name = bracketed(_location(missing))
        return ParamError(f"Missing required param: {name}.", "parameter_missing", name)
    return _bad_value(details[0], declared)


def _location(detail: ErrorDetails) -> Location:
    return tuple(part for part in detail["loc"] if not (isinstance(part, str) and part.startswith(ARM_MARK)))


def _level(declared: Hash, location: Location) -> tuple[Hash | None, Shape | None]:
    """The hash that a location's last name stands in, and that name's shape where it has one."""
    hash_: Hash | None = declared
    shape: Shape | None = None
    for position, part in enumerate(location):
        last = position == len(location) - 1
        if isinstance(part, int):
            shape = shape.items if shape else None
        elif hash_ is not None:
            shape = hash_.fields.get(part)
        else:
            shape = shape.values if shape else None
        if not last:
            hash_ = _hash_within(shape)
    return hash_, shape


def _hash_within(shape: Shape | None) -> Hash | None:
    return shape.members if shape else None


def _unknown(locations: list[Location], declared: Hash) -> ParamError:
    known_later = [spot for spot in locations if _is_unsupported(spot, declared)]
    wholly_unknown = [spot for spot in locations if spot not in known_later]
    if not wholly_unknown:
        name = bracketed(known_later[0])
        return ParamError(f"Florin does not support the parameter {name} yet.", "parameter_unknown", name)
    names = [_shown(bracketed(spot)) for spot in wholly_unknown]
    if len(names) > 1:
        return ParamError(
            f"Received unknown parameters: {', '.join(names[:20])}", "parameter_unknown", names[0]
        )
    message = f"Received unknown parameter: {names[0]}"
    guess = _guess(wholly_unknown[0], declared)
    return ParamError(
        f"{message}. Did you mean {guess}?" if guess else message, "parameter_unknown", names[0]
    )


def _is_unsupported(location: Location, declared: Hash) -> bool:
    hash_, _ = _level(declared, location)
    return hash_ is not None and location[-1] in hash_.unsupported


def _guess(location: Location, declared: Hash) -> str | None:
    hash_, _ = _level(declared, location)
    name = str(location[-1])
    if hash_ is None or len(name) > LONGEST_GUESSED_NAME:
        return None
    return next(iter(difflib.get_close_matches(name, hash_.fields, n=1, cutoff=0.7)), None)


def _bad_value(detail: ErrorDetails, declared: Hash) -> ParamError:
    context: dict[str, Any] = detail.get("ctx") or {}
    location = _location(detail)
    value = detail["input"]
    if "key" in context:  # a value within metadata
        location, value = (*location, context["key"]), context["value"]
    name = bracketed(location)
    if detail["type"] == "refused":
        return ParamError(context["message"], None, name)
    if not SECRET.isdisjoint(location):
        value = HIDDEN if value else value
    if value == "":
        return ParamError(EMPTY.format(name=name), "parameter_invalid_empty", name)
    if detail["type"] == "integer":
        return ParamError(f"Invalid integer: {_shown(value)}", "parameter_invalid_integer", name)
    if detail["type"] == "literal_error":
        _, shape = _level(declared, location)
        choices = _listed(shape.choices if shape else ())
        code = shape.refusal_code if shape else None
        return ParamError(f"Invalid {name}: must be one of {choices}", code, name)
    # Stripe publishes no codes for the rest.
    return ParamError(_wrong_kind(detail["type"], value, context), None, name)


def _wrong_kind(kind: str, value: Any, context: dict[str, Any]) -> str:
    match kind:
        case "boolean" | "decimal":
            return f"Invalid {kind}: {_shown(value)}"
        case "string_too_long":
            return f"Invalid string: {_shown(value)}; must be at most {context['max_length']} characters"
        case "string_type":
            return f"Invalid string: {_shown(value)}"
        case "list_type":
            return "Invalid array"
        case _:
            return "Invalid object"


def _listed(choices: tuple[str, ...]) -> str:
    """Stripe's own manner: `a`, `a or b`, `a, b, or c`."""
    if len(choices) < 3:
        return " or ".join(choices)
    return f"{', '.join(choices[:-1])}, or {choices[-1]}"


def _shown(value: Any) -> str:
    """The client's own value, cut short; what is not text is shown as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}..."
