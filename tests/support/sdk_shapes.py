"""Holds what goes over the wire against the classes of the pinned SDK, nested ones included."""

import inspect
import sys
from collections.abc import Iterator
from typing import Any, ForwardRef, get_args, get_origin

import stripe
from stripe._stripe_object import StripeObject

EXTENSION = "x_"  # of a type that Stripe has none of (docs/decisions/0008)
LIST_KEYS = {"object", "data", "has_more", "url"}
CONTAINERS = {"list", "ListObject", "UntypedStripeObject"}


def strays(wire: dict[str, Any], cls: Any, path: str = "", *, nested: bool = False) -> Iterator[str]:
    """Yield a line for each key that is missing or that the SDK does not know.

    An object has every key of its class, and null only where its class has Optional. A hash within it may
    leave out what its class has as Optional: `payment_method_details` has `card` and no key for the fifty
    other kinds.
    """
    hints = hints_of(cls)
    needed = {key for key, hint in hints.items() if not nested or type(None) not in get_args(hint)}
    yield from (f"{path}{key} is missing" for key in sorted(needed - wire.keys()))
    strangers = sorted(key for key in wire.keys() - hints.keys() if not key.startswith(EXTENSION))
    yield from (f"{path}{key} is unknown to the SDK" for key in strangers)
    for key in sorted(hints.keys() & wire.keys()):
        if wire[key] is None and not _may_be_null(hints[key]):
            yield f"{path}{key} is null"
        yield from _within(wire[key], hints[key], f"{path}{key}")


def hints_of(cls: Any) -> dict[str, Any]:
    """Return every key that a class of the SDK annotates, constants left out."""
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base.__module__ != "stripe._stripe_object":
            hints |= inspect.get_annotations(base)
    return {key: hint for key, hint in hints.items() if not key.isupper() and not key.startswith("_")}


def _may_be_null(hint: Any) -> bool:
    return hint is Any or type(None) in get_args(hint) or "Optional" in str(hint) or "None" in str(hint)


def _within(value: Any, hint: Any, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for number, element in enumerate(value):
            for element_hint in _arguments(hint, list):
                yield from _within(element, element_hint, f"{path}[{number}]")
    elif isinstance(value, dict) and value.get("object") == "list":
        yield from (f"{path}.{key} is missing" for key in sorted(LIST_KEYS - value.keys()))
        for number, element in enumerate(value["data"]):
            for element_hint in _arguments(hint, stripe.ListObject):
                yield from _within(element, element_hint, f"{path}.data[{number}]")
    elif isinstance(value, dict):
        for cls in _classes(hint):
            yield from strays(value, cls, f"{path}.", nested="object" not in value)


def _alternatives(hint: Any) -> Iterator[Any]:
    """The hint without Optional, Union and quotes."""
    quoted = hint.__forward_arg__ if isinstance(hint, ForwardRef) else hint
    if isinstance(quoted, str):
        yield vars(sys.modules["stripe"]).get(quoted.rpartition(".")[2])
    elif getattr(get_origin(hint), "__name__", "") in CONTAINERS or not get_args(hint):
        yield hint
    else:
        for arm in get_args(hint):
            yield from _alternatives(arm)


def _arguments(hint: Any, origin: Any) -> Iterator[Any]:
    return (get_args(arm)[0] for arm in _alternatives(hint) if get_origin(arm) is origin)


def _classes(hint: Any) -> Iterator[Any]:
    """The class that a hash must fit; none where its keys are the merchant's own."""
    return (arm for arm in _alternatives(hint) if inspect.isclass(arm) and issubclass(arm, StripeObject))
