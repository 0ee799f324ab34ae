"""Billing details: who pays, and where they live."""

import re
from typing import Any

import stripe

from payments.emails import check_email
from payments.errors import InvalidRequest
from payments.shapes import NO_ADDRESS, shaped

COUNTRY = re.compile(r"[A-Za-z]{2}")


def filled(billing: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of billing details."""
    return {key: value for key, value in billing.items() if value is not None}


def billing_details(given: dict[str, Any]) -> dict[str, Any]:
    """Return whole billing details of what was given; raises InvalidRequest for a bad country or email."""
    address = {key: value or None for key, value in (given.get("address") or {}).items()}
    country = address.get("country")
    if country is not None and COUNTRY.fullmatch(country) is None:
        raise InvalidRequest(
            f"Country '{country[:64]}' is unknown. Try using a 2-character alphanumeric country code "
            "instead, such as 'US', 'EG', or 'GB'.",
            code="country_code_invalid",
            param="billing_details[address][country]",
        )
    check_email(given.get("email"), "billing_details[email]")
    return shaped(
        stripe.PaymentMethod.BillingDetails,
        address=NO_ADDRESS | address,
        email=given.get("email") or None,
        name=given.get("name") or None,
        phone=given.get("phone") or None,
        tax_id=given.get("tax_id") or None,
    )
