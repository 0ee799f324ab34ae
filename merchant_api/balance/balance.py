"""/v1/balance and /v1/balance_transactions."""

from typing import Any

import stripe
from flask import Blueprint

from kit import params
from merchant_api import lists
from merchant_api.crud import operation
from merchant_api.operations import Operation
from payments.balance import balance
from payments.balance.balance_transactions import BalanceTransaction
from payments.balance.payouts import Payout

blueprint = Blueprint("balance", __name__)

BALANCE = params.build(stripe.params.BalanceRetrieveParams, only={"expand"})
RETRIEVE = params.build(stripe.params.BalanceTransactionRetrieveParams, only={"expand"})
LIST = params.build(
    stripe.params.BalanceTransactionListParams,
    only={
        "limit",
        "starting_after",
        "ending_before",
        "created",
        "currency",
        "payout",
        "source",
        "type",
        "expand",
    },
)
ROOT = "/v1/balance_transactions"
NOUN = "balance_transaction"


@operation(blueprint, Operation("GET", "/v1/balance", BALANCE, "balance", "retrieve", "Retrieve the balance"))
def show(_: dict[str, Any]) -> dict[str, Any]:
    return balance.retrieve()


@operation(
    blueprint,
    Operation("GET", f"{ROOT}/{{id}}", RETRIEVE, NOUN, "retrieve", "Retrieve a balance transaction"),
)
def retrieve(_: dict[str, Any], id: str) -> BalanceTransaction:
    return BalanceTransaction.find(id)


@operation(blueprint, Operation("GET", ROOT, LIST, f"list:{NOUN}", "list", "List balance transactions"))
def index(given: dict[str, Any]) -> lists.Page:
    row = BalanceTransaction
    filters = {"currency": row.currency, "source": row.source_id, "type": row.type}
    among = Payout.find(given["payout"], param="payout").transactions() if "payout" in given else None
    query = lists.narrowed(row, given, filters, among)
    return lists.page(BalanceTransaction, ROOT, given, query)
