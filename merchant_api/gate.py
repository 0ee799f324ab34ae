"""The gate of /v1: API key, account header, Stripe-Version and request id; it yields the caller."""

import base64

import stripe

from kit.ids import random_text
from merchant_api import versions
from merchant_api.asked import Asked
from payments.errors import AuthenticationError, PermissionDenied
from payments.merchants import KeyKind, KnownKey, authenticate
from payments.scope import Caller

NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using "
    "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
)
MAXIMUM_KEY_LENGTH = 255
# Headers with which a client acts for an account that is not its key's own.
OTHERS = ("HTTP_STRIPE_ACCOUNT", "HTTP_STRIPE_CONTEXT")
IDEMPOTENCY_KEY = "HTTP_IDEMPOTENCY_KEY"
STRIPE_VERSION = "HTTP_STRIPE_VERSION"


def new_request_id() -> str:
    """Return a fresh request id, as `req_` and 14 characters."""
    return f"req_{random_text(14)}"


def presented_key(request: Asked) -> str:
    """Return the key of a Bearer or Basic header; raises AuthenticationError where there is none."""
    scheme, _, credentials = (request.header("HTTP_AUTHORIZATION") or "").partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "basic":
        try:
            credentials = base64.b64decode(credentials, validate=True).decode("latin-1").partition(":")[0]
        except ValueError as error:
            raise AuthenticationError(NO_KEY) from error
    elif scheme.lower() != "bearer":
        raise AuthenticationError(NO_KEY)
    if not credentials or len(credentials) > MAXIMUM_KEY_LENGTH:
        raise AuthenticationError(NO_KEY)
    return credentials


def identify(request: Asked, request_id: str) -> tuple[Caller, KnownKey]:
    """Return who calls and with which key; raises AuthenticationError for a bad one."""
    key = authenticate(presented_key(request))
    who = Caller(
        account_id=key.account_id,
        livemode=key.livemode,
        actor=key.id,
        request_id=request_id,
        address=request.address,
        idempotency_key=request.header(IDEMPOTENCY_KEY),
        publishable=key.kind == KeyKind.PUBLISHABLE,
    )
    return who, key


def admit(request: Asked, key: KnownKey, *, publishable_too: bool) -> None:
    """Refuse a publishable key where only a secret one will do, and any key for an account not its own."""
    if key.kind == KeyKind.PUBLISHABLE and not publishable_too:
        raise PermissionDenied(
            "This API call cannot be made with a publishable API key. Please use a secret API key. You can "
            "find a list of your API keys in your dashboard.",
            code="secret_key_required",
        )
    for name in OTHERS:
        account = request.header(name)
        if account is not None and account != key.account_id:
            raise PermissionDenied(
                f"The provided key does not have access to account '{account[:64]}' (or that account does "
                "not exist). Application access may have been revoked.",
                code="account_invalid",
            )


def negotiated_version(request: Asked) -> str:
    """Return the API version of the request, the pinned one where none is named."""
    named = request.header(STRIPE_VERSION)
    return versions.check(named) if named else stripe.api_version
