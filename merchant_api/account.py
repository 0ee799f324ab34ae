"""/v1/account: the merchant's own account, and no other."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments import account
from payments.merchants import present_merchant

blueprint = Blueprint("account", __name__)

RETRIEVE = params.build(stripe.params.AccountRetrieveParams, only={"expand"})


@operation(
    blueprint, Operation("GET", "/v1/account", RETRIEVE, "account", "retrieve", "Retrieve your account")
)
def retrieve(_: dict[str, Any]) -> dict[str, Any]:
    return account.as_stripe(present_merchant())


@operation(
    blueprint, Operation("GET", "/v1/accounts/{id}", RETRIEVE, "account", "retrieve", "Retrieve an account")
)
def retrieve_one(_: dict[str, Any], id: str) -> dict[str, Any]:
    return account.as_stripe(account.own(id))
