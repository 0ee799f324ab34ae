"""Draws the API as an OpenAPI 3.1 document, from the same shapes that requests are checked with."""

import inspect
import re
import types
import typing
from collections.abc import Iterable
from decimal import Decimal
from importlib import import_module
from typing import Any, get_args, get_origin

import stripe
from stripe._object_classes import OBJECT_CLASSES
from stripe._stripe_object import StripeObject

from merchant_api.operations import Operation
from payments.shapes import annotated_keys

Schema = dict[str, Any]

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
PATH_ARGUMENT = re.compile(r"\{([a-z_]+)\}")
JSON_TYPES: dict[Any, str] = {
    str: "string",
    int: "integer",
    bool: "boolean",
    float: "number",
    Decimal: "string",
    list: "array",
}
ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["type", "message"],
            "properties": {
                "type": {
                    "type": "string",
                    "enum": ["api_error", "card_error", "idempotency_error", "invalid_request_error"],
                },
                "message": {"type": "string"},
                "code": {"type": "string"},
                "decline_code": {"type": "string"},
                "param": {"type": "string"},
                "doc_url": {"type": "string"},
                "request_log_url": {"type": "string"},
            },
        }
    },
}
# A deleted one is still found, as no more than its id.
SHOWN_AFTER_DELETION = frozenset(("customer",))
IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same parameters gets the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def document(operations: Iterable[Operation]) -> Schema:
    """The OpenAPI document of these operations."""
    paths: dict[str, Schema] = {}
    components: dict[str, Schema] = {"error": ERROR}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Florin",
            "version": stripe.api_version,
            "description": "A self-hosted hosted checkout that speaks Stripe's wire protocol.",
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic", "description": "The key is the user's name."},
            },
        },
    }


def _operation(operation: Operation, components: dict[str, Schema]) -> Schema:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in PATH_ARGUMENT.findall(operation.path)
    ]
    described: Schema = {
        "operationId": operation_id(operation),
        "summary": operation.summary,
        "tags": [operation.noun_name.removeprefix("list:")],
    }
    declared = operation.params.json_schema()
    if operation.method == "POST":
        parameters.append(IDEMPOTENCY_KEY)
        described["requestBody"] = _request_body(operation, declared)
    else:
        parameters.extend(_query_parameters(declared))
    described["parameters"] = parameters
    described["responses"] = {
        "200": {"description": "The object.", "content": {JSON: {"schema": _answer(operation, components)}}},
        "default": {"description": "An error.", "content": {JSON: {"schema": _reference("error")}}},
    }
    return described


def operation_id(operation: Operation) -> str:
    """A name in the manner of Stripe's own document: `PostCheckoutSessionsSession`."""
    words = re.split(r"[^a-zA-Z0-9]+", operation.path.removeprefix("/v1"))
    return operation.method.title() + "".join(word[:1].upper() + word[1:] for word in words)


# ---- requests


def _request_body(operation: Operation, declared: Schema) -> Schema:
    required = bool(declared.get("required"))
    if operation.body == "json":
        return {"required": required, "content": {JSON: {"schema": declared}}}
    nested = {
        name: {"style": "deepObject", "explode": True}
        for name, schema in declared["properties"].items()
        if _is_hash(schema) or _is_list(schema)
    }
    return {"required": required, "content": {FORM: {"schema": declared, "encoding": nested}}}


def _query_parameters(declared: Schema) -> list[Schema]:
    return [
        {
            # OpenAPI has a style for hashes in brackets and none for lists: the name carries theirs.
            "name": f"{name}[]" if _is_list(schema) else name,
            "in": "query",
            "required": name in declared.get("required", ()),
            "schema": schema,
            "style": "deepObject" if _is_hash(schema) else "form",
            "explode": True,
        }
        for name, schema in declared["properties"].items()
    ]


def _is_hash(schema: Schema) -> bool:
    return any(arm.get("type") == "object" for arm in schema.get("anyOf", [schema]))


def _is_list(schema: Schema) -> bool:
    return any(arm.get("type") == "array" for arm in schema.get("anyOf", [schema]))


# ---- answers


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(operation: Operation, components: dict[str, Schema]) -> Schema:
    name = operation.noun_name
    if name.startswith("list:"):
        return _list_of(_noun(name.removeprefix("list:"), components))
    if operation.verb == "delete":
        return _deleted(name)
    if operation.verb == "retrieve" and name in SHOWN_AFTER_DELETION:
        return {"anyOf": [_noun(name, components), _deleted(name)]}
    return _noun(name, components)


def _deleted(name: str) -> Schema:
    return {
        "type": "object",
        "required": ["id", "object", "deleted"],
        "properties": {
            "id": {"type": "string"},
            "object": {"const": name},
            "deleted": {"const": True},
        },
        "additionalProperties": False,
    }


def _list_of(element: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["object", "url", "has_more", "data"],
        "properties": {
            "object": {"const": "list"},
            "url": {"type": "string"},
            "has_more": {"type": "boolean"},
            "data": {"type": "array", "items": element},
        },
    }


def _noun(name: str, components: dict[str, Schema]) -> Schema:
    """A reference to the schema of the SDK's class of that object name; a plain object where it has none."""
    if name not in OBJECT_CLASSES:
        return {"type": "object"}
    if name not in components:
        module, class_name = OBJECT_CLASSES[name]
        components[name] = resource_schema(name, getattr(import_module(module), class_name))
    return _reference(name)


def resource_schema(name: str, resource: type) -> Schema:
    """Every key that the SDK's class annotates is required, and may be null; others do not occur."""
    annotations: dict[str, Any] = {}
    for cls in reversed(resource.__mro__):
        annotations |= inspect.get_annotations(cls)
    keys = annotated_keys(resource)
    properties = {key: _loosely_typed(annotations[key]) for key in keys}
    return {
        "type": "object",
        "required": sorted(keys),
        "properties": properties | {"object": {"const": name}},
        "additionalProperties": False,
    }


def _loosely_typed(annotation: Any) -> Schema:
    """The JSON types that an annotation allows, and null."""
    json_types = _json_types(annotation)
    return {"type": sorted(json_types | {"null"})} if json_types else {}


def _json_types(annotation: Any) -> set[str]:
    origin = get_origin(annotation)
    if annotation in JSON_TYPES:
        return {JSON_TYPES[annotation]}
    if origin is list:
        return {"array"}
    if origin is typing.Literal:
        return {JSON_TYPES[type(value)] for value in get_args(annotation)}
    if origin in {typing.Union, types.UnionType}:
        arms = [_json_types(arm) for arm in get_args(annotation) if arm is not type(None)]
        return set().union(*arms) if all(arms) else set()
    named_class = isinstance(annotation, str | typing.ForwardRef)  # another resource, quoted
    if (
        named_class
        or origin is dict
        or (isinstance(origin or annotation, type) and _is_object(origin or annotation))
    ):
        return {"object"}
    return set()


def _is_object(cls: type) -> bool:
    return issubclass(cls, StripeObject | dict)
