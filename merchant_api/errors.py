"""One handler renders every error in Stripe's shape."""

from typing import Any

import orjson
from werkzeug.exceptions import HTTPException, LengthRequired, RequestEntityTooLarge

from kit.params import ParamError
from merchant_api.browsers import limited
from payments.charging.card_brands import without_card_numbers
from payments.errors import ApiError, InvalidRequest, StripeError
from payments.hosted import addresses


class BodyTooLarge(InvalidRequest):
    """The body is larger than any request needs."""

    status = 413


class LengthMissing(InvalidRequest):
    """Nobody could tell whether the body is whole."""

    status = 411


# Answers are read by people with curl as well, so they are indented as Stripe's are.
READABLE = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def as_stripe_error(error: Exception) -> StripeError:
    """Return the error to be told: parameter errors become invalid requests, the unexpected an api_error."""
    if isinstance(error, StripeError):
        return error
    if isinstance(error, RequestEntityTooLarge):
        return BodyTooLarge("The request is larger than 262144 bytes.")
    if isinstance(error, LengthRequired):
        return LengthMissing("The body came in chunks, which may be cut off. Send it with a Content-Length.")
    if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
        return InvalidRequest(f"The request can't be read ({error.name.lower()}).")
    if isinstance(error, ParamError):
        return InvalidRequest(error.message, code=error.code, param=error.param)
    return ApiError(
        "Something went wrong on Florin's end. The request may be repeated with its idempotency key."
    )


def rendered(error: StripeError, request_id: str, *, browser: bool = False) -> bytes:
    """Return the JSON body of an error; empty keys are left out, as Stripe does."""
    body: dict[str, Any] = {key: value for key, value in error.as_stripe().items() if value is not None}
    # Merchants do send a card's number as its id; what is answered is kept with the idempotency key.
    body["message"] = without_card_numbers(error.message)
    if error.param is not None:
        body["param"] = without_card_numbers(error.param)
    body = limited(body) if browser else body
    body["request_log_url"] = addresses.dashboard_page(f"logs/{request_id}")
    return orjson.dumps({"error": body}, option=READABLE)
