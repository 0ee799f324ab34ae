"""What a request gives: its form, its JSON or its query, as plain dicts."""

from typing import Any

from kit import forms, json_bodies
from merchant_api.asked import Asked
from merchant_api.operations import Operation
from payments.errors import InvalidRequest


def parameters_given(request: Asked, described: Operation) -> dict[str, Any]:
    """Return a request's parameters, not yet checked; raises ParamError, InvalidRequest and werkzeug's."""
    if described.method != "POST":
        return forms.decode(b"", request.query_string)
    content_type = request.content_type
    if described.body == "json":
        return json_bodies.decode(request.body())
    if content_type and not content_type.startswith("application/x-www-form-urlencoded"):
        raise InvalidRequest(
            "Invalid request (check that your POST content type is application/x-www-form-urlencoded)."
        )
    return forms.decode(request.body(), request.query_string)
