"""expand[]: ids become objects, and lists that are left out by default are put in."""

import inspect
from collections.abc import Sequence
from functools import cache
from typing import Any, ForwardRef, cast, get_args

from merchant_api.lists import Page
from payments.customers.sources import Source
from payments.errors import InvalidRequest
from payments.resource import Resource, noun_of_field, noun_of_id
from payments.scope import caller

MAXIMUM_DEPTH = 4
# Fields that are not named after the noun behind them.
NOUNS_BEHIND = {
    "default_payment_method": ("payment_method",),
    "default_price": ("price",),
    "failure_balance_transaction": ("balance_transaction",),
    "latest_attempt": ("setup_attempt",),
    "latest_charge": ("charge",),
    "line_items": ("item",),
    "refunds": ("refund",),
    "source": ("charge", "refund"),
}
# Ids of what is no row of its own.
VIEWS = {"card": Source}
# Fields of ids that Florin may fill, and has no objects of.
ONLY_IDS = frozenset(("account", "mandate", "single_use_mandate", "tax_code"))
FOR_BROWSERS = frozenset(("payment_method",))


def check(noun_name: str, paths: list[str]) -> None:
    """Refuse what can't be expanded before anything is done: no payment may be taken and then denied."""
    noun = noun_of_field(noun_name.removeprefix("list:")) if paths else None
    for number, path in enumerate(paths):
        steps = path.split(".")
        if len(steps) > MAXIMUM_DEPTH:
            raise InvalidRequest(
                f"You cannot expand more than {MAXIMUM_DEPTH} levels of a property ({path[:200]}).",
                code="property_expansion_max_depth",
                param=f"expand[{number}]",
            )
        if noun_name.startswith("list:"):
            steps = steps[1:] if steps[0] == "data" else []
        if noun is None or not steps or not _leads_on([noun], steps):
            raise _refusal(path, number)
        if caller().publishable and path not in FOR_BROWSERS:
            raise InvalidRequest(
                "This property cannot be expanded because you're using a publishable key: "
                f"{path[:200]}. Please use a secret API key.",
                param=f"expand[{number}]",
            )


def _leads_on(nouns: list[type[Resource]], steps: list[str]) -> bool:
    """Tell whether every step names an expandable field of some noun that the step before may lead to."""
    steps = list(steps)
    while steps:
        field = _next(nouns, steps)
        if any(field in always_empty(noun) for noun in nouns):
            return True  # What would lie behind it can't be known to be wrong.
        if any(field in noun.includes for noun in nouns):
            if not steps or field not in NOUNS_BEHIND:
                return not steps
            if steps.pop(0) != "data" or not steps:
                return False
        elif not any(field in noun.expandable for noun in nouns):
            return False
        field = field.rpartition(".")[2]
        names = NOUNS_BEHIND.get(field, (field,))
        nouns = [noun for name in names if (noun := noun_of_field(name)) is not None]
    return True


@cache
def always_empty(noun: type[Any]) -> frozenset[str]:
    """Return the fields that Stripe can expand and Florin never fills, as `invoice`: they expand to null."""
    hints: dict[str, Any] = {}
    for cls in reversed(noun.stripe_class.__mro__):
        hints |= inspect.get_annotations(cls)
    expandable = {
        key
        for key, hint in hints.items()
        if str in get_args(hint) and any(isinstance(arm, ForwardRef) for arm in get_args(hint))
    }
    return frozenset(expandable - noun.expandable - noun.includes.keys() - ONLY_IDS)


def _next(nouns: Sequence[Any], steps: list[str]) -> str:
    """Take the next field off the steps: one, or two where a noun's field stands within a hash of its own."""
    if len(steps) > 1:
        within = f"{steps[0]}.{steps[1]}"
        if any(within in (*noun.includes, *noun.expandable) for noun in nouns):
            del steps[:2]
            return within
    return steps.pop(0)


def expanded(answer: Any, paths: list[str]) -> Any:
    """Return the wire form of a noun, a page or a plain dictionary, with the checked paths expanded."""
    wire = answer if isinstance(answer, dict) else answer.as_stripe()
    for number, path in enumerate(paths):
        steps = path.split(".")
        if isinstance(answer, Page):
            for noun, item in zip(answer.nouns, wire["data"], strict=True):
                _expand(noun, item, steps[1:], path, number)
        elif wire.get("object") == "list":
            _expand_items(wire, steps, path, number)
        else:
            _expand(answer, wire, steps, path, number)
    return wire


def _refusal(path: str, number: int) -> InvalidRequest:
    shown = path[:200]
    return InvalidRequest(
        f"This property cannot be expanded ({shown}). You may want to try expanding 'data.{shown}' if this "
        "is a list.",
        param=f"expand[{number}]",
    )


def _expand(noun: Any, wire: dict[str, Any], steps: list[str], path: str, number: int) -> None:
    if isinstance(noun, dict):
        raise _refusal(path, number)
    if wire.get("deleted"):
        return  # nothing is left of it but its id
    steps = list(steps)
    whole = _next([noun], steps)
    above, _, field = whole.rpartition(".")
    if whole in noun.includes:
        _include(noun, wire, whole, steps, (path, number))
        return
    noun_class: Any = noun if inspect.isclass(noun) else type(noun)
    if whole in always_empty(noun_class):
        return
    if whole not in noun.expandable:
        raise _refusal(path, number)
    for holder in _holders(wire, above):
        _expand_within(holder, field, steps, path, number)


def _include(noun: Any, wire: dict[str, Any], whole: str, steps: list[str], asked: tuple[str, int]) -> None:
    """Put in what is left out by default, and expand within it where it is a list."""
    above, _, field = whole.rpartition(".")
    holder = wire[above] if above else wire
    if holder is None:
        return  # as the totals of a session that takes no money
    if holder.get(field) is None:
        # Within a list a noun's class stands for its rows; a line of a payment link has none.
        row: Any = noun
        if inspect.isclass(noun):
            row = cast("type[Resource]", noun).peek(wire["id"])
        holder[field] = None if row is None else getattr(row, noun.includes[whole])()
    if steps and holder[field] is not None:
        _expand_items(holder[field], steps, *asked)


def _expand_items(wire: dict[str, Any], steps: list[str], path: str, number: int) -> None:
    """Expand within each object of a list, whose first step is `data`."""
    if steps[0] != "data" or len(steps) == 1:
        raise _refusal(path, number)
    for item in wire["data"]:
        _expand(noun_of_field(item["object"]), item, steps[1:], path, number)


def _holders(wire: dict[str, Any], above: str) -> list[dict[str, Any]]:
    """Return what holds a field: the object, or the hash or the hashes within it that are named so."""
    within = wire[above] if above else wire
    if isinstance(within, list):
        return within
    return [] if within is None else [within]


def _expand_within(holder: dict[str, Any], field: str, steps: list[str], path: str, number: int) -> None:
    value = holder[field]
    if value is None:
        return  # An empty field expands to null; what lies behind it can't be known to be wrong.
    object_id = value if isinstance(value, str) else value["id"]
    noun_class: Any = noun_of_field(field) or VIEWS.get(object_id.partition("_")[0]) or noun_of_id(object_id)
    target = noun_class.peek(object_id)
    if isinstance(value, str):
        # What one of our own rows names and can't be found has been deleted since.
        deleted = {"id": object_id, "object": noun_class.object_name, "deleted": True}
        holder[field] = target.as_stripe() if target else deleted
    if steps and target:
        _expand(target, holder[field], steps, path, number)
