"""The customer of a test, made up: answers all that the session's page asks, as a person would."""

from typing import Any

from payments.hosted.billing import Billing
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.collected import Answers
from payments.hosted.known import known_email

EMAIL, NAME, PHONE, BUSINESS = "jenny.rosen@example.com", "Jenny Rosen", "+12015550123", "Rosen Books"
ADDRESS = {
    "city": "San Francisco", "country": "US", "line1": "510 Townsend St", "line2": None,
    "postal_code": "94103", "state": "CA",
}  # fmt: skip
SAID = "Made up for a test"


def made_up(session: CheckoutSession, email: str | None, name: str | None) -> Billing:
    """Return who pays; what is given goes before what is made up."""
    asked = session.details
    to_countries = (asked.get("shipping_address_collection") or {}).get("allowed_countries")
    shipping: dict[str, Any] | None = None
    if to_countries:
        shipping = {"name": name or NAME, "address": ADDRESS | {"country": to_countries[0]}}
    return Billing(
        email=email or known_email(session) or EMAIL,
        name=name or NAME,
        shipping=shipping,
        answers=_answers(asked, name or NAME),
        **ADDRESS,
    )


def _answers(asked: dict[str, Any], name: str) -> Answers:
    consents = asked.get("consent_collection") or {}
    names = asked.get("name_collection") or {}
    terms = "accepted" if consents.get("terms_of_service") == "required" else None
    news = "opt_in" if consents.get("promotions") == "auto" else None
    return Answers(
        custom_fields={field["key"]: _answer(field) for field in asked.get("custom_fields") or ()},
        consent={"terms_of_service": terms, "promotions": news} if terms or news else None,
        phone=PHONE if (asked.get("phone_number_collection") or {}).get("enabled") else None,
        individual_name=name if (names.get("individual") or {}).get("enabled") else None,
        business_name=BUSINESS if (names.get("business") or {}).get("enabled") else None,
    )


def _answer(field: dict[str, Any]) -> str:
    """Return an answer to a merchant's own question, of a length that it takes."""
    rules = field.get(field["type"]) or {}
    if rules.get("default_value"):
        return str(rules["default_value"])
    if field["type"] == "dropdown":
        return str(rules["options"][0]["value"])
    said, filler = ("1", "1") if field["type"] == "numeric" else (SAID, ".")
    return said[: rules.get("maximum_length") or len(said)].ljust(rules.get("minimum_length") or 0, filler)
