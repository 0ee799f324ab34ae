"""Net banking: the customer pays at an Indian bank of their own; Stripe has no such type (docs/decisions)."""

from payments.charging.methods.kinds import Data, MethodKind, currencies

NAMES = ("bank", "bank_name", "transaction_id")


def _read(given: Data, _billing: Data) -> tuple[Data, dict[str, str]]:
    kept = {"bank": given["bank"]} if given.get("bank") else {}
    return kept, dict(kept)


def _shown(data: Data) -> Data:
    return {"bank": data.get("bank")}


def _charged(data: Data) -> Data:
    return {name: data.get(name) for name in NAMES}


NETBANKING = MethodKind(
    type="x_netbanking",
    label="Net banking",
    note="Log in at your bank and approve the payment there.",
    currencies=currencies("inr"),
    least_minor={"inr": 100},
    read=_read,
    shown=_shown,
    charged=_charged,
)
