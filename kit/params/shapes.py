"""Reads the TypedDicts of the pinned stripe SDK into small trees of what each parameter may be.

Only the parameters that are asked for are read at all: a Checkout Session's TypedDicts name more than a
thousand parameters, of which one operation supports some dozens.
"""

import sys
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import typing_extensions
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject


class Scalar(Enum):
    """What a leaf is once it is read; on the wire of a form it is always text."""

    TEXT = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"


@dataclass(slots=True)
class Shape:
    """What a parameter may be: any of its arms that is not empty.

    A union such as `Literal['']|int|SomeHash` is one shape with several arms, told apart by the type of the
    value that came. `may_unset` stands for the arm `Literal['']`.
    """

    scalar: Scalar | None = None
    choices: tuple[str, ...] = ()
    refusal_code: str | None = None  # of a word that is none of the choices
    max_chars: int | None = None  # of a text that has a limit of its own
    may_unset: bool = False
    members: "Hash | None" = None
    values: "Shape | None" = None  # of a hash whose keys the client chooses
    items: "Shape | None" = None
    is_metadata: bool = False


@dataclass(slots=True)
class Hash:
    """The named parameters of one level."""

    fields: dict[str, Shape] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    unsupported: frozenset[str] = frozenset()  # the SDK knows them, Florin does not yet


SCALARS: dict[Any, Scalar] = {
    str: Scalar.TEXT,
    int: Scalar.INTEGER,
    bool: Scalar.BOOLEAN,
    # No float ever: a percentage or a decimal amount stays exact.
    float: Scalar.DECIMAL,
    Decimal: Scalar.DECIMAL,
}
WRAPPERS = (typing_extensions.NotRequired, typing_extensions.Required, typing_extensions.Annotated)


def read_hash(
    declared: Any, only: Iterable[str] | None = None, extra: Mapping[str, Any] | None = None
) -> Hash:
    """The tree of a TypedDict, cut down to the dotted names in `only` (None: everything).

    `line_items` takes in all beneath it; `line_items.price` that one alone; `line_items.price_data.*` is the
    same as `line_items.price_data`. A name that the TypedDict does not have is a mistake of ours: ValueError.
    """
    namespace = vars(sys.modules[declared.__module__])
    known = _known_parameters(declared)
    wanted = _by_first_segment(known if only is None else only)
    if unheard_of := sorted(wanted.keys() - known):
        raise ValueError(f"{declared.__name__} has no parameter {', '.join(unheard_of)}")
    result = Hash(
        fields={
            name: _read(declared.__annotations__[name], namespace, name, wanted[name] or None)
            for name in declared.__annotations__
            if name in wanted
        },
        required=frozenset(declared.__required_keys__ & wanted.keys()),
        unsupported=frozenset(known - wanted.keys()),
    )
    for name, annotation in (extra or {}).items():
        _add(result, name, annotation, namespace)
    return result


def _add(level: Hash, dotted_name: str, annotation: Any, namespace: dict[str, Any]) -> None:
    """Declare one more parameter, at the end of a dotted name (`payment_method_data.card`)."""
    *above, name = dotted_name.split(".")
    for step in above:
        shape: Shape | None = level.fields.get(step)
        while shape and shape.items:
            shape = shape.items
        if shape is None or shape.members is None:
            raise ValueError(f"{dotted_name} is to stand beneath {step}, which has no parameters")
        level = shape.members
    level.fields[name] = _read(annotation, namespace, name, None)
    level.unsupported -= {name}
    if get_origin(annotation) is typing_extensions.Required:
        level.required |= {name}


def shape_at(level: Hash, dotted_name: str) -> Shape:
    """The shape of a parameter at the end of a dotted name; ValueError where there is none."""
    fields = level.fields
    shape: Shape | None = None
    for step in dotted_name.split("."):
        shape = fields.get(step)
        while shape and shape.items:
            shape = shape.items
        if shape is None:
            raise ValueError(f"there is no parameter {dotted_name}")
        fields = shape.members.fields if shape.members else {}
    assert shape is not None  # noqa: S101 - a name has one step at least; for the type checker
    return shape


def _known_parameters(declared: Any) -> frozenset[str]:
    names = frozenset(declared.__annotations__)
    if RequestOptions in getattr(declared, "__orig_bases__", ()):
        # api_key, idempotency_key and their like are for the SDK itself; they travel as headers.
        names -= frozenset(RequestOptions.__annotations__)
    return names


def _by_first_segment(names: Iterable[str]) -> dict[str, set[str]]:
    """{"a", "b.c", "b.d"} -> {"a": set(), "b": {"c", "d"}}."""
    result: dict[str, set[str]] = {}
    for name in names:
        first, _, rest = name.partition(".")
        beneath = result.setdefault(first, set())
        if rest not in {"", "*"}:
            beneath.add(rest)
    return result


def _resolve(annotation: Any, namespace: dict[str, Any]) -> Any:
    """The type behind quotes and NotRequired, looked up where the SDK wrote it down."""
    while True:
        if isinstance(annotation, typing.ForwardRef):
            annotation = annotation.__forward_arg__
        if isinstance(annotation, str):
            annotation = eval(annotation, namespace)  # noqa: S307 - the SDK's own annotations, as get_type_hints
        elif get_origin(annotation) in WRAPPERS:
            annotation = get_args(annotation)[0]
        else:
            return annotation


def _read(annotation: Any, namespace: dict[str, Any], name: str, only: set[str] | None) -> Shape:
    """The shape of one annotation. `name` is the parameter's; `only` what is wanted beneath it."""
    shape = Shape()
    declared = _resolve(annotation, namespace)
    is_union = get_origin(declared) in {typing.Union, types.UnionType}
    for arm in get_args(declared) if is_union else (declared,):
        _read_arm(shape, _resolve(arm, namespace), namespace, name, only)
    if shape.choices and shape.scalar is Scalar.TEXT:
        # The SDK writes `Literal['a', 'b']|str` so that older clients keep type-checking; the API does not
        # take any other string.
        shape.scalar = None
    if only and not (shape.members or shape.items or shape.values):
        raise ValueError(f"{name} has no parameters beneath it: {', '.join(sorted(only))}")
    return shape


def _read_arm(shape: Shape, arm: Any, namespace: dict[str, Any], name: str, only: set[str] | None) -> None:
    origin = get_origin(arm)
    if arm in SCALARS:
        if shape.scalar not in {None, Scalar.TEXT, SCALARS[arm]} and arm is not str:
            raise TypeError(f"{name} has two kinds of scalars")
        if shape.scalar in {None, Scalar.TEXT}:
            shape.scalar = SCALARS[arm]
    elif origin is Literal:
        values = get_args(arm)
        shape.may_unset = shape.may_unset or "" in values
        shape.choices += tuple(value for value in values if value)
    elif typing_extensions.is_typeddict(arm):
        if shape.members:
            raise TypeError(f"{name} may be several kinds of hashes, which no operation has needed yet")
        shape.members = read_hash(arm, only)
    elif origin is list:
        shape.items = _read(get_args(arm)[0], namespace, name, only)
    elif origin is dict:
        shape.is_metadata = name == "metadata"
        shape.values = _read(get_args(arm)[1], namespace, "", only)
    elif origin is not UntypedStripeObject:
        raise TypeError(f"{name} is of the unknown type {arm}")
