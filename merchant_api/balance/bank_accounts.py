"""/v1/accounts/{account}/external_accounts: where a merchant's own payouts go."""

from typing import Any, Required

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.balance.bank_accounts import BankAccount
from payments.errors import NotFound
from payments.scope import caller

blueprint = Blueprint("bank_accounts", __name__)

CREATE = params.build(
    stripe.params.AccountCreateExternalAccountParams,
    only={"default_for_currency", "metadata", "expand"},
    # Debit cards and tokens are other hashes under this name; Florin pays out to bank accounts alone.
    extra={"external_account": Required[stripe.params.AccountCreateExternalAccountParamsBankAccount]},
)
RETRIEVE = params.build(stripe.params.AccountRetrieveExternalAccountParams, only={"expand"})
LIST = params.build(
    stripe.params.AccountListExternalAccountsParams,
    only={"limit", "starting_after", "ending_before", "object", "expand"},
)
ROOT = "/v1/accounts/{account}/external_accounts"
NOUN = "bank_account"


@operation(blueprint, Operation("POST", ROOT, CREATE, NOUN, "create", "Add a bank account"))
def create(given: dict[str, Any], account: str) -> BankAccount:
    _own(account)
    outer = {name: given[name] for name in ("default_for_currency", "metadata") if name in given}
    return BankAccount.create(given["external_account"] | outer)


@operation(
    blueprint, Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, NOUN, "retrieve", "Retrieve a bank account")
)
def retrieve(_: dict[str, Any], account: str, id: str) -> BankAccount:
    _own(account)
    return BankAccount.find(id)


@operation(blueprint, Operation("GET", ROOT, LIST, f"list:{NOUN}", "list", "List bank accounts"))
def index(given: dict[str, Any], account: str) -> lists.Page:
    _own(account)
    return lists.page(BankAccount, f"/v1/accounts/{account}/external_accounts", given)


def _own(account: str) -> None:
    if account != caller().account_id:
        raise NotFound("account", account, param="account")
