"""A card as Stripe's older parts show it: within a token, and as a customer's source."""

from typing import Any

import stripe

from payments.charging.cards import check_expiry
from payments.errors import CardError
from payments.shapes import shaped

PREFIX = "card_"
BRANDS = {
    "amex": "American Express", "diners": "Diners Club", "discover": "Discover", "jcb": "JCB",
    "mastercard": "MasterCard", "unionpay": "UnionPay", "visa": "Visa",
}  # fmt: skip
# The older names of an address -> those of billing details.
ADDRESS = {
    "address_city": "city", "address_country": "country", "address_line1": "line1", "address_line2": "line2",
    "address_state": "state", "address_zip": "postal_code",
}  # fmt: skip


def as_card(card_id: str, face: dict[str, Any], billing: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the wire's card: `face` is what is known of the card itself, `billing` of its holder."""
    address = billing.get("address") or {}
    return shaped(
        stripe.Card,
        id=card_id,
        object="card",
        **{old: address.get(new) for old, new in ADDRESS.items()},
        address_line1_check=face.get("address_line1_check"),
        address_zip_check=face.get("address_postal_code_check"),
        brand=BRANDS.get(face["brand"], "Unknown"),
        country=face.get("country"),
        cvc_check=face.get("cvc_check"),
        exp_month=face["exp_month"],
        exp_year=face["exp_year"],
        fingerprint=face["fingerprint"],
        funding=face.get("funding") or "unknown",
        last4=face["last4"],
        name=billing.get("name"),
        networks={"preferred": None},
        regulated_status="unregulated",
        **more,
    )


def billing_of(given: dict[str, Any], present: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return billing details after older words for them: `name` and `address_...`."""
    known = {name: value for name, value in (present or {}).items() if value is not None}
    address = {name: value for name, value in (known.get("address") or {}).items() if value is not None}
    address |= {new: given[old] for old, new in ADDRESS.items() if old in given}
    return known | {"address": address} | ({"name": given["name"]} if "name" in given else {})


def expiry_of(month: str | int, year: str | int) -> tuple[int, int]:
    """Return month and year, which the older parameters write as texts; raises CardError."""
    for text, name, word in ((month, "exp_month", "month"), (year, "exp_year", "year")):
        if not (str(text).isascii() and str(text).isdigit() and len(str(text)) <= 4):
            message = f"Your card's expiration {word} is invalid."
            raise CardError(message, code=f"invalid_expiry_{word}", param=name)
    return check_expiry(int(month), int(year))
