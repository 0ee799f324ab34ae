"""A card as it was typed or named by a test token: its rules, and the errors they give."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kit import clock
from payments import vault
from payments.charging.card_brands import brand_of, passes_luhn
from payments.errors import CardError, InvalidRequest

HORIZON_YEARS = 50


@dataclass(frozen=True, slots=True)
class CardDetails:
    """A card number with its security code: lives in a request's memory alone and never shows in a repr."""

    number: str = field(repr=False)
    exp_month: int
    exp_year: int
    cvc: str | None = field(default=None, repr=False)
    holder_name: str | None = None

    @property
    def brand(self) -> str:
        """Return the scheme's name as Stripe writes it."""
        brand = brand_of(self.number)
        return brand.name if brand else "unknown"

    def display(self) -> dict[str, Any]:
        """Return what may be kept of the card: brand, last four, expiry and the keyed fingerprint."""
        return {
            "brand": self.brand,
            "last4": self.number[-4:],
            "exp_month": self.exp_month,
            "exp_year": self.exp_year,
            "fingerprint": vault.fingerprint(self.number),
        }


# Typed on the acquirer's own page: nothing of it is known here before the payment is made.
ELSEWHERE = CardDetails(number="", exp_month=0, exp_year=0)


def parse_card(given: dict[str, Any], *, holder_name: str | None = None) -> CardDetails:
    """Return the card of API parameters (`number`, `exp_month`, `exp_year`, `cvc`); raises CardError."""
    number = given["number"].replace(" ", "").replace("-", "")
    brand = brand_of(number) if number.isascii() and number.isdigit() else None
    if brand is None or len(number) not in brand.lengths or not passes_luhn(number):
        raise CardError("Your card number is incorrect.", code="incorrect_number", param="number")
    month, year = check_expiry(given["exp_month"], given["exp_year"])
    cvc = given.get("cvc") or None
    if cvc is not None and not (cvc.isascii() and cvc.isdigit() and len(cvc) == brand.cvc_length):
        raise CardError("Your card's security code is invalid.", code="invalid_cvc", param="cvc")
    return CardDetails(number, month, year, cvc, holder_name)


def check_complete(given: dict[str, Any]) -> None:
    """Refuse a card without one of the words that every card has."""
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            raise InvalidRequest(
                f"Missing required param: card[{name}].", code="parameter_missing", param=f"card[{name}]"
            )


def check_expiry(month: int, year: int) -> tuple[int, int]:
    """Return month and four-digit year; raises CardError for a month that isn't one and for the past."""
    today = datetime.fromtimestamp(clock.now(), UTC)
    if not 1 <= month <= 12:
        raise CardError(
            "Your card's expiration month is invalid.", code="invalid_expiry_month", param="exp_month"
        )
    full_year = year + 2000 if 0 <= year < 80 else year + 1900 if 80 <= year < 100 else year
    if not today.year <= full_year <= today.year + HORIZON_YEARS:
        raise CardError(
            "Your card's expiration year is invalid.", code="invalid_expiry_year", param="exp_year"
        )
    if (full_year, month) < (today.year, today.month):
        raise CardError(
            "Your card's expiration month is invalid.", code="invalid_expiry_month", param="exp_month"
        )
    return month, full_year
