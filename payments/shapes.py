"""The pinned SDK's resource classes as the schema of what goes out."""

import inspect
from functools import cache
from typing import Any

NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
NO_SHIPPING = dict.fromkeys(("address", "carrier", "name", "phone", "tracking_number"))


@cache
def annotated_keys(stripe_class: type) -> tuple[str, ...]:
    """Return every key that a resource class annotates, in its order, constants left out."""
    keys: dict[str, None] = {}
    for cls in reversed(stripe_class.__mro__):
        if cls.__module__ == "stripe._stripe_object":
            continue
        for key, hint in inspect.get_annotations(cls).items():
            if "ClassVar" not in str(hint) and not key.startswith("_") and not key.isupper():
                keys[key] = None
    # As Stripe writes them: what it is comes first.
    first = [key for key in ("id", "object") if key in keys]
    return (*first, *(key for key in keys if key not in first))


@cache
def _blank(stripe_class: type) -> dict[str, Any]:
    return dict.fromkeys(annotated_keys(stripe_class))


def shaped(stripe_class: type, **values: Any) -> dict[str, Any]:
    """Return an object with every key of the class, null where `values` has none."""
    return _blank(stripe_class) | values


def whole_address(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return an address with all of its keys: users of the SDK read `address.line2` at all events."""
    return given and NO_ADDRESS | {key: value or None for key, value in given.items()}


def with_whole_shipping(details: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of a noun, its `shipping` with all keys where it has one."""
    shipping = details.get("shipping")
    if not shipping:
        return details
    kept = {key: value or None for key, value in shipping.items()}
    return details | {"shipping": NO_SHIPPING | kept | {"address": whole_address(shipping.get("address"))}}
