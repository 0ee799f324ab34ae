"""Draws a tree of shapes as JSON Schema, for the OpenAPI document."""

from typing import Any

from kit.params.compiling import (
    INT64,
    MAX_METADATA_KEY_CHARS,
    MAX_METADATA_KEYS,
    MAX_METADATA_VALUE_CHARS,
    MAX_TEXT_CHARS,
)
from kit.params.shapes import Hash, Scalar, Shape

# A NUL is refused before parameters are looked at.
NO_NUL = r"^[^\u0000]*$"
TEXT = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARS, "pattern": NO_NUL}
SCALAR_SCHEMAS: dict[Scalar, dict[str, Any]] = {
    Scalar.TEXT: TEXT,
    Scalar.INTEGER: {"type": "integer", "format": "int64", "minimum": -INT64, "maximum": INT64 - 1},
    Scalar.BOOLEAN: {"type": "boolean"},
    Scalar.DECIMAL: {"type": "string", "pattern": r"^-?[0-9]{1,20}(\.[0-9]{1,12})?$"},
}
UNSET = {"type": "string", "enum": [""]}
# A form cannot write an empty hash or list, nor a bracket within a key.
KEY_PATTERN = r"^[^\[\]\u0000]+$"
NAMED_BY_CLIENT = {"type": "object", "minProperties": 1, "propertyNames": {"pattern": KEY_PATTERN}}
METADATA = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": MAX_METADATA_KEYS,
    "propertyNames": {"minLength": 1, "maxLength": MAX_METADATA_KEY_CHARS, "pattern": KEY_PATTERN},
    "additionalProperties": {"type": "string", "maxLength": MAX_METADATA_VALUE_CHARS, "pattern": NO_NUL},
}


def hash_schema(declared: Hash) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: shape_schema(shape) for name, shape in declared.fields.items()},
        "additionalProperties": False,
    }
    if declared.required:
        schema["required"] = sorted(declared.required)
    return schema


def shape_schema(shape: Shape) -> dict[str, Any]:
    arms: list[dict[str, Any]] = []
    if shape.choices:
        arms.append({"type": "string", "enum": list(shape.choices)})
    if shape.scalar:
        limit = {"maxLength": shape.max_chars} if shape.max_chars else {}
        arms.append(SCALAR_SCHEMAS[shape.scalar] | limit)
    if shape.is_metadata:
        arms.append(METADATA)
    elif shape.values:
        arms.append(NAMED_BY_CLIENT | {"additionalProperties": shape_schema(shape.values)})
    elif shape.members:
        arms.append(hash_schema(shape.members) | {"minProperties": 1})
    if shape.items:
        arms.append({"type": "array", "minItems": 1, "items": shape_schema(shape.items)})
    if shape.may_unset or not arms:
        arms.append(UNSET)
    return dict(arms[0]) if len(arms) == 1 else {"anyOf": arms}
