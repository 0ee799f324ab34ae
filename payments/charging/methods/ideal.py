"""iDEAL: a redirect to the customer's Dutch bank."""

from typing import get_args

import stripe

from payments.charging.methods.kinds import Data, MethodKind, currencies
from payments.errors import InvalidRequest
from payments.shapes import shaped

Details = stripe.Charge.PaymentMethodDetails.Ideal
NAMES = ("bank", "bic", "iban_last4", "transaction_id", "verified_name")


def _banks(hint: object) -> frozenset[str]:
    """Return the words of the SDK's own list of banks."""
    inner = [word for arm in get_args(hint) for word in (_banks(arm) if get_args(arm) else (arm,))]
    return frozenset(word for word in inner if isinstance(word, str))


BANKS = _banks(stripe.PaymentMethod.Ideal.__annotations__["bank"])


def _read(given: Data, _billing: Data) -> tuple[Data, dict[str, str]]:
    bank = given.get("bank")
    if not bank:
        return {}, {}
    if bank not in BANKS:
        raise InvalidRequest(f"There is no bank {bank[:64]} in iDEAL.", param="ideal[bank]")
    return {"bank": bank}, {"bank": bank}


def _shown(data: Data) -> Data:
    return shaped(stripe.PaymentMethod.Ideal, bank=data.get("bank"), bic=data.get("bic"))


def _charged(data: Data) -> Data:
    return shaped(Details, **{name: data.get(name) for name in NAMES})


IDEAL = MethodKind(
    type="ideal",
    label="iDEAL",
    note="Log in at your Dutch bank and approve the payment there.",
    currencies=currencies("eur"),
    read=_read,
    shown=_shown,
    charged=_charged,
)
