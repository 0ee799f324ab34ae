"""Reads what a caller sends to begin a payment by another method than a card."""

from dataclasses import dataclass
from typing import Any

from bank_simulator.errors import InvalidRequest
from bank_simulator.forms import (
    AMOUNT_MINOR,
    CURRENCY,
    LANGUAGE,
    REFERENCE,
    WEB_ADDRESS,
    WORDS,
    Fields,
    json_object,
    without_language,
)
from bank_simulator.methods.kinds import Method


@dataclass(frozen=True)
class PaymentForm:
    reference: str
    merchant_id: str
    amount_minor: int
    currency: str
    capture: bool
    method: str
    details: dict[str, str]
    return_url: str | None
    descriptor: str | None
    browser_language: str | None

    def content(self) -> dict[str, Any]:
        return without_language(vars(self))


def payment_form(body: bytes, methods: dict[str, Method]) -> PaymentForm:
    fields = Fields(json_object(body))
    method = methods[fields.one_of("method", tuple(methods))]
    given = fields.inner("details", optional=True)
    details = {name: given.matching_or_none(name, WORDS) for name in sorted(method.details)}
    form = PaymentForm(
        reference=fields.matching("reference", REFERENCE),
        merchant_id=fields.matching("merchant_id", REFERENCE),
        amount_minor=fields.integer("amount_minor", 1, AMOUNT_MINOR),
        currency=fields.matching("currency", CURRENCY).lower(),
        capture=fields.flag_or("capture", otherwise=True),
        method=method.type,
        details={name: value for name, value in details.items() if value is not None},
        return_url=fields.matching_or_none("return_url", WEB_ADDRESS),
        descriptor=fields.matching_or_none("descriptor", WORDS),
        browser_language=fields.matching_or_none("browser_language", LANGUAGE),
    )
    for group in (fields, given):
        group.no_others()
    if form.currency not in method.currencies:
        raise InvalidRequest(f"{method.name} does not take this currency.", "currency")
    return form
