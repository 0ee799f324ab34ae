"""What the Stripe CLI asks for itself: POST /v1/stripecli/sessions."""

from typing import Any, Literal, NotRequired, Required

from flask import Blueprint, current_app
from typing_extensions import TypedDict

from kit import params
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.errors import InvalidRequest
from webhooks.cli import open_sessions
from webhooks.cli.sessions import CliSession

blueprint = Blueprint("stripecli", __name__)

LONGEST_NAME = 255
LONGEST_URL = 2048


class Session(TypedDict):
    """A device that wants to hear of events or requests. Where it forwards them to is its own affair."""

    device_name: Required[str]
    websocket_features: Required[list[Literal["webhooks", "request_logs", "v2_events"]]]
    filters: NotRequired[str]
    forward_to_url: NotRequired[str]
    forward_connect_to_url: NotRequired[str]
    forward_thin_to_url: NotRequired[str]
    forward_thin_connect_to_url: NotRequired[str]


CREATE = params.build(Session)


@operation(
    blueprint,
    Operation(
        "POST",
        "/v1/stripecli/sessions",
        CREATE,
        "stripecli.session",
        "create",
        "Begin a session of the CLI",
        tells_secret=True,
    ),
)
def create(given: dict[str, Any]) -> dict[str, Any]:
    _check(given)
    settings = current_app.config["FLORIN"]
    session, plain = CliSession.open(given)
    open_sessions.forget()
    return session.as_stripe(plain, settings.cli_url, reconnect_seconds=settings.cli_reconnect_seconds)


def _check(given: dict[str, Any]) -> None:
    if not given["websocket_features"]:
        message = "You must name at least one feature."
        raise InvalidRequest(message, code="parameter_missing", param="websocket_features")
    for name, value in given.items():
        longest = LONGEST_NAME if name == "device_name" else LONGEST_URL
        if isinstance(value, str) and name != "filters" and len(value) > longest:
            raise InvalidRequest(f"Invalid {name}: at most {longest} characters.", param=name)
