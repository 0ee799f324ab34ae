"""Compiles a tree of shapes into one pydantic-core schema, so that a request is checked in native code."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from kit.params.shapes import Hash, Scalar, Shape

MAX_TEXT_CHARS = 5_000
MAX_METADATA_KEYS = 50
MAX_METADATA_KEY_CHARS = 40
MAX_METADATA_VALUE_CHARS = 500
INT64 = 2**63

INTEGER = re.compile(r"-?[0-9]{1,19}")
DECIMAL = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,12})?")
INDEX = re.compile(r"[0-9]{1,9}")

# Tags of union arms turn up in pydantic's error locations. They begin with a NUL, which no request may
# contain, so that they cannot be taken for a parameter's name.
ARM_MARK = "\0"


def compile_hash(declared: Hash) -> CoreSchema:
    """A schema that takes the hash's fields and forbids all others."""
    fields = {
        name: core_schema.typed_dict_field(compile_shape(shape), required=name in declared.required)
        for name, shape in declared.fields.items()
    }
    schema = core_schema.typed_dict_schema(fields, extra_behavior="forbid")
    return core_schema.no_info_before_validator_function(_hash_of, schema)


def compile_shape(shape: Shape) -> CoreSchema:
    """The schema of one parameter; several arms are told apart by the type of the value that came."""
    arms: dict[str, CoreSchema] = {}
    if shape.scalar or shape.choices:
        arms["scalar"] = _scalar(shape)
    if shape.is_metadata:
        arms["hash"] = core_schema.no_info_plain_validator_function(_metadata)
    elif shape.values:
        text = core_schema.str_schema(strict=True, min_length=1, max_length=MAX_TEXT_CHARS)
        values = core_schema.dict_schema(text, compile_shape(shape.values), strict=True)
        arms["hash"] = core_schema.no_info_before_validator_function(_hash_of, values)
    elif shape.members:
        arms["hash"] = compile_hash(shape.members)
    if shape.items:
        items = core_schema.list_schema(compile_shape(shape.items), strict=True)
        arms["list"] = core_schema.no_info_before_validator_function(_list_of, items)
    if not arms:  # the parameter can only be unset
        return core_schema.literal_schema([""])
    if len(arms) == 1:
        (schema,) = arms.values()
    else:
        schema = core_schema.tagged_union_schema(
            {ARM_MARK + name: arm for name, arm in arms.items()}, discriminator=_chooser(frozenset(arms))
        )
    if shape.may_unset:
        return core_schema.no_info_wrap_validator_function(_unset_or, schema)
    return schema


def _chooser(arms: frozenset[str]) -> Callable[[Any], str]:
    """Which arm to hold a value against: its own kind, else the nearest kind that there is."""

    def choose(value: Any) -> str:
        kinds = ("hash", "list") if isinstance(value, dict) else ("list", "hash")
        order = (*kinds, "scalar") if isinstance(value, dict | list) else ("scalar", "hash", "list")
        return ARM_MARK + next(kind for kind in order if kind in arms)

    return choose


def _unset_or(value: Any, handler: core_schema.ValidatorFunctionWrapHandler) -> Any:
    return value if value == "" else handler(value)


# ---- hashes and lists


def _hash_of(value: Any) -> Any:
    """`metadata[0]=x` arrives as a list, because the form's reader cannot know better."""
    if type(value) is list:
        return {str(index): element for index, element in enumerate(value)}
    return value


def _list_of(value: Any) -> Any:
    """`items[3]=x&items[7]=y` arrives as a hash: the order counts, the gaps do not."""
    if type(value) is dict and value and all(INDEX.fullmatch(key) for key in value):
        return [value[key] for key in sorted(value, key=int)]
    return value


def _metadata(value: Any) -> dict[str, str]:
    """Stripe's rules for metadata: https://docs.stripe.com/api/metadata. An empty value unsets its key."""
    value = _hash_of(value)
    if not isinstance(value, dict):
        raise PydanticCustomError("dict_type", "not a hash")
    if len(value) > MAX_METADATA_KEYS:
        raise _refusal(f"You can only have up to {MAX_METADATA_KEYS} metadata keys; you passed {len(value)}.")
    for key, text in value.items():
        if len(key) > MAX_METADATA_KEY_CHARS:
            raise _refusal(
                f"Metadata keys can have up to {MAX_METADATA_KEY_CHARS} characters, but you passed in a key"
                f" that is {len(key)} characters. Invalid key: {key[:MAX_METADATA_KEY_CHARS]}..."
            )
        if not key or "[" in key or "]" in key:
            raise _refusal(f"Metadata keys cannot be empty or contain square brackets. Invalid key: {key}")
        if not isinstance(text, str):
            raise PydanticCustomError("string_type", "not text", {"key": key, "value": text})
        if len(text) > MAX_METADATA_VALUE_CHARS:
            raise _refusal(
                f"Metadata values can have up to {MAX_METADATA_VALUE_CHARS} characters, but you passed in a"
                f" value that is {len(text)} characters. Invalid value: {text[:MAX_METADATA_VALUE_CHARS]}..."
            )
    return value


def _refusal(message: str) -> PydanticCustomError:
    # The message goes in as data: pydantic's templates would read braces in the client's own words.
    return PydanticCustomError("refused", "{message}", {"message": message})


# ---- scalars


def _scalar(shape: Shape) -> CoreSchema:
    if shape.scalar is None:
        return core_schema.literal_schema(list(shape.choices))
    if shape.scalar is Scalar.TEXT:
        return core_schema.str_schema(strict=True, min_length=1, max_length=shape.max_chars or MAX_TEXT_CHARS)
    schema = core_schema.no_info_plain_validator_function(READERS[shape.scalar])
    if not shape.choices:
        return schema
    choices = frozenset(shape.choices)

    def choice_or(value: Any, handler: core_schema.ValidatorFunctionWrapHandler) -> Any:
        return value if isinstance(value, str) and value in choices else handler(value)

    return core_schema.no_info_wrap_validator_function(choice_or, schema)


def _integer(value: Any) -> int:
    # int() alone would take full-width digits, underscores, blanks and a plus sign.
    if type(value) is str and INTEGER.fullmatch(value):
        value = int(value)
    if type(value) is int and -INT64 <= value < INT64:
        return value
    raise PydanticCustomError("integer", "not an integer")


def _boolean(value: Any) -> bool:
    if type(value) is bool:
        return value
    if value == "true":
        return True
    if value == "false":
        return False
    raise PydanticCustomError("boolean", "not a boolean")


def _decimal(value: Any) -> Decimal:
    if type(value) is str and DECIMAL.fullmatch(value):
        return Decimal(value)
    if type(value) is int and -INT64 <= value < INT64:
        return Decimal(value)
    raise PydanticCustomError("decimal", "not a decimal")


READERS: dict[Scalar, Callable[[Any], Any]] = {
    Scalar.INTEGER: _integer,
    Scalar.BOOLEAN: _boolean,
    Scalar.DECIMAL: _decimal,
}
