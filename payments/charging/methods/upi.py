"""UPI, India's instant payments: a QR code, an intent link, or a request to a virtual payment address."""

import re

import stripe

from payments.charging.methods.kinds import Data, MethodKind, currencies
from payments.errors import InvalidRequest
from payments.shapes import shaped

VPA = re.compile(r"[A-Za-z0-9._-]{2,256}@[A-Za-z][A-Za-z0-9]{1,63}")


def _read(given: Data, _billing: Data) -> tuple[Data, dict[str, str]]:
    vpa = (given.get("vpa") or "").strip()
    if not vpa:
        return {}, {}
    if VPA.fullmatch(vpa) is None:
        message = "This is not a valid virtual payment address (VPA); it looks like name@bank."
        raise InvalidRequest(message, code="payment_method_invalid_parameter", param="upi[vpa]")
    return {"vpa": vpa}, {"vpa": vpa}


def _shown(data: Data) -> Data:
    return shaped(stripe.PaymentMethod.Upi, vpa=data.get("vpa"))


def _charged(data: Data) -> Data:
    return shaped(stripe.Charge.PaymentMethodDetails.Upi, vpa=data.get("vpa"))


UPI = MethodKind(
    type="upi",
    label="UPI",
    note="Scan a QR code or approve the request in your UPI app.",
    currencies=currencies("inr"),
    least_minor={"inr": 100},
    most_minor={"inr": 10_000_000},  # one lakh rupees, the limit of a merchant payment
    read=_read,
    shown=_shown,
    charged=_charged,
)
