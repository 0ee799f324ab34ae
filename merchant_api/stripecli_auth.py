"""`stripe login`: the device's side of the pairing. No key is asked for: keys are what it is about."""

from typing import Any, NotRequired, Required

import orjson
from flask import Blueprint, Response, current_app, request
from typing_extensions import TypedDict

from kit import database, forms, params
from merchant_api.errors import READABLE, as_stripe_error, rendered
from merchant_api.gate import new_request_id
from payments.charging import tries
from payments.errors import InvalidRequest, RateLimited, StripeError
from payments.scope import acting_as, system
from webhooks.cli.logins import CliLogin

blueprint = Blueprint("stripecli_auth", __name__)

LONGEST = 255
WAITING = {"redeemed": False}


class Auth(TypedDict):
    """The device, by the name that its user gave it."""

    device_name: Required[str]
    client_version: NotRequired[str]
    machine_uuid: NotRequired[str]


AUTH = params.build(Auth)


@blueprint.post("/stripecli/auth")
def begin() -> Response:
    """Begin a login: the user goes to the dashboard, the CLI asks at the other address for the keys."""
    try:
        given = AUTH.parse(forms.decode(request.get_data(cache=False), request.query_string))
        _check_lengths(given)
        tries.begin_login(request.remote_addr)
        login, poll_token = CliLogin.begin(given["device_name"])
        database.commit()
    except Exception as error:  # noqa: BLE001 - the last handler: the CLI reads JSON alone
        return _refused(error)
    root = current_app.config["FLORIN"].public_url
    return _answered(
        {
            "browser_url": f"{root}/dashboard/stripecli/{login.id}",
            "poll_url": f"{root}/stripecli/auth/{poll_token}",
            "verification_code": login.verification_code,
        }
    )


@blueprint.get("/stripecli/auth/<token>")
def poll(token: str) -> Response:
    """Tell whether the login is confirmed; the first who asks after that gets the keys."""
    try:
        login = CliLogin.of_poll(token)
        if login.account_id is None:
            return _answered(WAITING)
        with acting_as(system(login.account_id, livemode=False)):
            told = login.redeem()
            database.commit()
    except Exception as error:  # noqa: BLE001 - as above
        return _refused(error)
    return _answered(told)


def _check_lengths(given: dict[str, str]) -> None:
    for name, value in given.items():
        if len(value) > LONGEST:
            raise InvalidRequest(f"Invalid {name}: at most {LONGEST} characters.", param=name)


def _answered(content: dict[str, Any]) -> Response:
    response = Response(orjson.dumps(content, option=READABLE), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(error: Exception) -> Response:
    database.rollback()
    if isinstance(error, database.StaleWrite):
        error = InvalidRequest("The keys of this login have just been handed out.")
    told: StripeError = as_stripe_error(error)
    body = rendered(told, new_request_id())
    response = Response(body, status=told.status, content_type="application/json")
    if isinstance(told, RateLimited) and told.retry_after_seconds:
        response.headers["Retry-After"] = str(told.retry_after_seconds)
    return response
