"""The card network: routes a number to its brand by BIN and translates the issuer's response codes."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Brand:
    """A range of numbers by its leading digits, and the lengths of number and CVC that belong to it."""

    name: str
    lengths: tuple[int, ...]
    cvc_length: int = 3


VISA = Brand("visa", (13, 16, 19))
MASTERCARD = Brand("mastercard", (16,))
AMEX = Brand("amex", (15,), cvc_length=4)
DISCOVER = Brand("discover", (16, 17, 18, 19))
DINERS = Brand("diners", (14, 15, 16, 17, 18, 19))
JCB = Brand("jcb", (16, 17, 18, 19))
UNIONPAY = Brand("unionpay", (16, 17, 18, 19))

# (first BIN, last BIN, brand), compared on as many leading digits as the two are long.
RANGES: tuple[tuple[str, str, Brand], ...] = (
    ("4", "4", VISA),
    ("51", "55", MASTERCARD),
    ("2221", "2720", MASTERCARD),
    ("34", "34", AMEX),
    ("37", "37", AMEX),
    ("6011", "6011", DISCOVER),
    ("644", "649", DISCOVER),
    ("65", "65", DISCOVER),
    ("300", "305", DINERS),
    ("3095", "3095", DINERS),
    ("36", "36", DINERS),
    ("38", "39", DINERS),
    ("3528", "3589", JCB),
    ("62", "62", UNIONPAY),
    ("81", "81", UNIONPAY),
)


@dataclass(frozen=True)
class Decline:
    """One refusal in the merchant's words: Stripe's error code, decline code and advice."""

    code: str
    decline_code: str | None
    advice_code: str | None


APPROVED = "00"
PROCESSING_ERROR = "96"
INCORRECT_NUMBER = "14"
FRAUDULENT = "59"
CURRENCY_NOT_TAKEN = "12"
TOO_MUCH = "13"
BRAND_NOT_TAKEN = "58"

# ISO 8583 field 39 (with Visa's 1A for authentication) and what each means to the merchant.
DECLINES: dict[str, Decline] = {
    "05": Decline("card_declined", "generic_decline", "try_again_later"),
    "12": Decline("card_declined", "currency_not_supported", None),
    "13": Decline("card_declined", "invalid_amount", None),
    "14": Decline("incorrect_number", None, "confirm_card_data"),
    "1A": Decline("authentication_required", "authentication_required", None),
    "41": Decline("card_declined", "lost_card", "do_not_try_again"),
    "43": Decline("card_declined", "stolen_card", "do_not_try_again"),
    "51": Decline("card_declined", "insufficient_funds", "try_again_later"),
    "54": Decline("expired_card", "expired_card", "do_not_try_again"),
    "58": Decline("card_declined", "card_not_supported", None),
    "59": Decline("card_declined", "fraudulent", "do_not_try_again"),
    "65": Decline("card_declined", "card_velocity_exceeded", "try_again_later"),
    "82": Decline("incorrect_cvc", "incorrect_cvc", "confirm_card_data"),
    "96": Decline("processing_error", "processing_error", "try_again_later"),
}

# Refusals of the acquirer's own, before an issuer was asked: the network knows no code for them.
NOT_AUTHENTICATED = "3F"
LOOKUP_FAILED = "3E"
NOT_SENT: dict[str, Decline] = {
    "3F": Decline("authentication_failed", None, None),
    "3E": Decline("card_declined", "processing_error", "try_again_later"),
}

RESPONSE_CODES: dict[str, str] = {
    decline.decline_code or decline.code: response_code for response_code, decline in DECLINES.items()
}


def route(number: str) -> Brand | None:
    """The brand whose issuers answer for this number; None where no issuer can have given it out."""
    if re.fullmatch(r"[0-9]{12,19}", number) is None or not passes_luhn(number):
        return None
    brand = brand_of(number)
    return brand if brand is not None and len(number) in brand.lengths else None


def brand_of(number: str) -> Brand | None:
    for first, last, brand in RANGES:
        if first <= number[: len(first)] <= last:
            return brand
    return None


def passes_luhn(number: str) -> bool:
    return luhn_sum(number) % 10 == 0


def luhn_digit(payload: str) -> str:
    """The check digit that makes `payload` a good number."""
    return str(-luhn_sum(payload + "0") % 10)


def luhn_sum(number: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit)
        if place % 2 == 1:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total
