"""Writes nested parameters in bracket form, as Stripe's clients do; schemathesis knows no style for that.

Use it on a loaded schema before its operations are called: `bracket_forms.teach(schema)`.
"""

from typing import Any

from schemathesis import HookContext
from schemathesis.schemas import BaseSchema

FORM = "application/x-www-form-urlencoded"


def flat(branch: Any, name: str = "") -> dict[str, Any]:
    """{"a": [{"b": 1}]} -> {"a[0][b]": 1}; an empty hash or list leaves nothing."""
    if isinstance(branch, dict):
        pairs = [(f"{name}[{key}]" if name else str(key), value) for key, value in branch.items()]
    elif isinstance(branch, list):
        pairs = [(f"{name}[{index}]", value) for index, value in enumerate(branch)]
    else:
        return {name: branch}
    return {written: leaf for inner, value in pairs for written, leaf in flat(value, inner).items()}


def teach(schema: BaseSchema) -> None:
    """Make every generated form body of this schema a flat one; JSON bodies stay as they are."""

    @schema.hook
    def map_body(context: HookContext, body: Any) -> Any:
        is_form = (
            context.operation is not None and context.operation.get_body_for_media_type(FORM) is not None
        )
        return flat(body) if is_form and isinstance(body, dict) else body
