"""Checks a request's parameters against the TypedDicts of the pinned stripe SDK: the SDK is the schema.

    REFUND = params.build(stripe.params.RefundCreateParams, only={"amount", "charge", "metadata"})
    given = REFUND.parse(forms.decode(body, query))

`parse` answers with a plain dict that holds the given parameters alone, numbers and booleans read from
their text, or raises ParamError, and nothing else, for any input that kit/forms can hand over.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import SchemaValidator, ValidationError

from kit.params.compiling import compile_hash
from kit.params.errors import ParamError
from kit.params.json_schema import hash_schema
from kit.params.problems import to_param_error
from kit.params.shapes import Hash, read_hash, shape_at

__all__ = ["ParamError", "Params", "build"]


class Params:
    """The compiled parameters of one operation."""

    __slots__ = ("_declared", "_validator", "name")

    def __init__(self, name: str, declared: Hash) -> None:
        self.name = name
        self._declared = declared
        self._validator = SchemaValidator(compile_hash(declared))

    def parse(self, raw: dict[str, Any]) -> dict[str, Any]:
        """The given parameters, read and checked. Raises ParamError, worded as Stripe would."""
        try:
            result: dict[str, Any] = self._validator.validate_python(raw)
        except ValidationError as error:
            details = error.errors(include_url=False)
        else:
            return result
        # Outside of the except clause: the raw input, which may hold a card number, is not chained.
        raise to_param_error(details, self._declared)

    def takes(self, name: str) -> bool:
        """Whether a parameter of that name is supported at the top level."""
        return name in self._declared.fields

    def json_schema(self) -> dict[str, Any]:
        """A JSON Schema (2020-12) of what `parse` takes, numbers and booleans as such."""
        return hash_schema(self._declared)


def build(
    declared: Any,
    *,
    only: Iterable[str] | None = None,
    extra: Mapping[str, Any] | None = None,
    refusal_codes: Mapping[str, str] | None = None,
    max_chars: Mapping[str, int] | None = None,
) -> Params:
    """Compile a TypedDict (once, at import).

    `only` names the parameters that are supported, dotted for nested ones (`line_items.price_data.*`); others
    that the SDK knows are refused as not supported yet, all else as unknown. `extra` declares parameters
    beside those of the SDK (or in their place) by type: `{"x_foo": str, "x_bar": Required[int]}`, and beneath
    them by a dotted name: `{"payment_method_data.card": PaymentMethodCreateParamsCard}`. `refusal_codes` has,
    by name, the code with which a parameter of listed words is refused; Stripe publishes none for its own.
    `max_chars` has, by dotted name, the longest that a text may be where that is not what all texts may be.
    """
    fields = read_hash(declared, only, extra)
    for name, code in (refusal_codes or {}).items():
        fields.fields[name].refusal_code = code
    for dotted_name, limit in (max_chars or {}).items():
        shape_at(fields, dotted_name).max_chars = limit
    return Params(declared.__name__, fields)
