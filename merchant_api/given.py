"""What a request gives: its form, its JSON or its query, as plain dicts."""

from typing import Any

from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from kit import forms, json_bodies
from merchant_api.operations import Operation
from payments.errors import InvalidRequest


def parameters_given(request: Request, described: Operation) -> dict[str, Any]:
    """Return a request's parameters, not yet checked; raises ParamError, InvalidRequest and werkzeug's."""
    if described.method != "POST":
        return forms.decode(b"", request.query_string)
    content_type = request.headers.get("Content-Type", "")
    if described.body == "json":
        return json_bodies.decode(_body(request))
    if content_type and not content_type.startswith("application/x-www-form-urlencoded"):
        raise InvalidRequest(
            "Invalid request (check that your POST content type is application/x-www-form-urlencoded)."
        )
    return forms.decode(_body(request), request.query_string)


def _body(request: Request) -> bytes:
    """Return the request's body; one of a known and modest length without werkzeug's stream around it."""
    length = request.environ.get("CONTENT_LENGTH", "")
    if length.isdecimal() and length.isascii() and int(length) <= (request.max_content_length or 0):
        body: bytes = request.environ["wsgi.input"].read(int(length))
        if len(body) == int(length):
            return body
        raise ClientDisconnected
    body = request.get_data(cache=False)
    if len(body) >= (request.max_content_length or len(body) + 1):
        raise RequestEntityTooLarge  # werkzeug cuts a body of unknown length off there, and says nothing
    return body
