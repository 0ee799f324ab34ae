"""Klarna: buy now, pay later, at once or in instalments."""

import stripe

from payments.charging.methods.kinds import Data, MethodKind, currencies
from payments.shapes import shaped

Details = stripe.Charge.PaymentMethodDetails.Klarna


def _read(_given: Data, billing: Data) -> tuple[Data, dict[str, str]]:
    told = {"email": billing["email"], "country": (billing.get("address") or {})["country"]}
    return {"country": told["country"]}, told


def _shown(_data: Data) -> Data:
    return shaped(stripe.PaymentMethod.Klarna)


def _charged(data: Data) -> Data:
    return shaped(
        Details,
        payer_details={"address": {"country": data.get("country")}},
        payment_method_category=data.get("payment_method_category"),
        preferred_locale="en-US",
    )


KLARNA = MethodKind(
    type="klarna",
    label="Klarna",
    note="Pay in instalments, in 30 days, or now.",
    currencies=currencies("aud cad chf czk dkk eur gbp nok nzd pln ron sek usd"),
    holds=True,
    least_minor={"eur": 100, "usd": 100, "gbp": 100},
    billing=("email", "country"),
    read=_read,
    shown=_shown,
    charged=_charged,
)
