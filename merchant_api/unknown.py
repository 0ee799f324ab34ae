"""Paths and methods of the API that Florin has no operation for."""

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from merchant_api.errors import rendered
from merchant_api.gate import new_request_id
from payments.errors import UnrecognizedUrl

blueprint = Blueprint("unknown", __name__)


API = ("/v1", "/v2", "/payment")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@blueprint.route("/v1/", methods=METHODS, strict_slashes=False)
@blueprint.route("/v1/<path:rest>", methods=METHODS)
@blueprint.route("/v2/<path:rest>", methods=METHODS)
def unrecognized(**_: str) -> Response:
    """Answer in Stripe's words; the router comes here where no operation has the path and the method."""
    error = UnrecognizedUrl(
        f"Unrecognized request URL ({request.method}: {request.path[:200]}). If you are trying to list "
        "objects, remove the trailing slash. If you are trying to retrieve an object, make sure you passed a "
        "valid (non-empty) identifier in your code."
    )
    request_id = new_request_id()
    response = Response(rendered(error, request_id), status=error.status, content_type="application/json")
    response.headers["Request-Id"] = request_id
    return response


@blueprint.app_errorhandler(NotFound)
@blueprint.app_errorhandler(MethodNotAllowed)
def unmatched(error: HTTPException) -> Response | HTTPException:
    """Answer in the same words where the rules above don't reach; pages keep their own."""
    of_api = request.path.startswith(tuple(f"{root}/" for root in API)) or request.path in API
    return unrecognized() if of_api else error
