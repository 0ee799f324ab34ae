"""/v1/tokens."""

from typing import Any, Required

import stripe
from flask import Blueprint

from kit import params
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.charging.tokens import Token

blueprint = Blueprint("tokens", __name__)

CREATE = params.build(
    stripe.params.TokenCreateParams,
    only={"expand"},
    # A bank account, a person or a piece of data is another hash under a name of its own.
    extra={"card": Required[stripe.params.TokenCreateParamsCard]},
)
RETRIEVE = params.build(stripe.params.TokenRetrieveParams, only={"expand"})
ROOT = "/v1/tokens"


@operation(
    blueprint, Operation("POST", ROOT, CREATE, "token", "create", "Create a card token", publishable=True)
)
def create(given: dict[str, Any]) -> Token:
    return Token.create(given["card"])


@operation(blueprint, Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, "token", "retrieve", "Retrieve a token"))
def retrieve(_: dict[str, Any], id: str) -> Token:
    return Token.find(id)
