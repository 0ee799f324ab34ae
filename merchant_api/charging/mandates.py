"""/v1/mandates."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.charging.mandates import Mandate

blueprint = Blueprint("mandates", __name__)

RETRIEVE = params.build(stripe.params.MandateRetrieveParams, only={"expand"})


@operation(
    blueprint, Operation("GET", "/v1/mandates/{id}", RETRIEVE, "mandate", "retrieve", "Retrieve a mandate")
)
def retrieve(_: dict[str, Any], id: str) -> Mandate:
    return Mandate.find(id)
