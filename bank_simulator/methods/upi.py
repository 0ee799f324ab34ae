"""UPI: the customer scans a QR code, follows the intent link, or is asked on the phone by their VPA.

The phone is a page of the bank's own (`/phone/...`), where whoever tests approves or refuses.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from bank_simulator.errors import InvalidRequest
from bank_simulator.languages import N_
from bank_simulator.methods.kinds import (
    CUSTOMER_REFUSED,
    Approve,
    Ask,
    Facts,
    Method,
    Move,
    Payment,
    Refuse,
    Wait,
    currencies,
    knowing,
)

VPA = re.compile(r"[A-Za-z0-9._-]{2,256}@[A-Za-z][A-Za-z0-9]{1,63}")
HANDLE = "piggybank"  # no bank's: nobody is paid by a code that a real phone reads
SCANNED_BY = "customer@piggybank"
ANSWER_SECONDS = 1
QR, WAITING, LEFT = "upi_qr", "upi_waiting", "upi_pending"

# The name before the @ of a VPA -> what comes of the request. All others are asked on the phone.
ENDINGS: dict[str, Move] = {
    "success": Ask(WAITING, seconds=ANSWER_SECONDS, then=Approve()),
    "failure": Ask(WAITING, seconds=ANSWER_SECONDS, then=Refuse(CUSTOMER_REFUSED)),
    "pending": Wait(LEFT),
}


# Name -> the scheme by which a link opens that app alone; `upi://` lets the phone ask which one.
APPS = (
    ("Google Pay", "tez://upi/pay"),
    ("PhonePe", "phonepe://pay"),
    ("Paytm", "paytmmp://pay"),
)


def payment_uri(payment: Payment, opens: str = "upi://pay") -> str:
    """NPCI's deep link: payee address and name, amount in rupees, currency, our reference."""
    payee = re.sub(r"[^a-z0-9]+", "", payment.merchant.lower())[:40] or "shop"
    fields = {
        "pa": f"{payee}.{HANDLE}@{HANDLE}",
        "pn": payment.merchant,
        "tr": payment.reference[:35],
        "am": f"{Decimal(payment.amount_minor).scaleb(-2):.2f}",
        "cu": payment.currency.upper(),
    }
    return f"{opens}?" + urlencode(fields, quote_via=quote, safe="@")


def collect(vpa: str) -> Move:
    """Asks the holder of a VPA on the phone."""
    name = vpa.partition("@")[0].lower()
    return knowing(ENDINGS.get(name, Ask(WAITING)), {"vpa": vpa, "payer": f"upi:{vpa.lower()}"})


def _begin(details: Facts, _now: int) -> Move:
    vpa = details.get("vpa")
    if vpa is None:
        return Ask(QR)
    if VPA.fullmatch(vpa) is None:
        raise InvalidRequest("details.vpa is no virtual payment address.", "details.vpa")
    return collect(vpa)


def _act(payment: Payment, sent: Mapping[str, str]) -> Move:
    match sent.get("do"):
        case "approve":
            return Approve({"vpa": payment.facts.get("vpa") or SCANNED_BY})
        case "cancel" | "refuse":
            return Refuse(CUSTOMER_REFUSED)
        case "leave":
            return Wait(LEFT)
    vpa = sent.get("vpa", "").strip()
    if payment.step != QR or VPA.fullmatch(vpa) is None:
        return Ask(payment.step, problem=N_("Enter a UPI ID such as name@bank."))
    return collect(vpa)


def _view(payment: Payment) -> dict[str, Any]:
    apps = [(name, payment_uri(payment, opens)) for name, opens in APPS]
    return {"uri": payment_uri(payment), "apps": apps}


UPI = Method(
    type="upi",
    name="UPI",
    currencies=currencies("inr"),
    open_seconds=15 * 60,
    details=frozenset({"vpa"}),
    told=("vpa",),
    begin=_begin,
    act=_act,
    view=_view,
)
