"""The card: its number, date and security code, under the names that they have on Stripe's page."""

import re

from flask_wtf import FlaskForm
from wtforms import Field, StringField, ValidationError

from checkout.expiry import BadExpiry, parse_expiry
from checkout.i18n import N_
from checkout.messages import MESSAGES
from checkout.words import trimmed
from payments.charging.card_brands import BRANDS, brand_of, passes_luhn
from payments.charging.cards import CardDetails


class CardFields(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """One card; the name on it is asked with the billing address."""

    card_number = StringField(N_("Card number"), name="cardNumber", filters=[trimmed])
    card_expiry = StringField(N_("Expiration"), name="cardExpiry", filters=[trimmed])
    card_cvc = StringField(N_("CVC"), name="cardCvc", filters=[trimmed])

    def validate_card_number(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(MESSAGES["number_missing"])
        digits = ascii_digits(field.data)
        if digits is None or len(digits) > 19:
            raise ValidationError(MESSAGES["number_invalid"])
        brand = brand_of(digits)
        if brand is None:
            known = "number_incomplete" if len(digits) < 4 else "number_unsupported"
            raise ValidationError(MESSAGES[known])
        if len(digits) < min(brand.lengths):
            raise ValidationError(MESSAGES["number_incomplete"])
        if len(digits) not in brand.lengths or not passes_luhn(digits):
            raise ValidationError(MESSAGES["number_invalid"])

    def validate_card_expiry(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(MESSAGES["expiry_missing"])
        try:
            parse_expiry(field.data)
        except BadExpiry as problem:
            raise ValidationError(str(problem)) from problem

    def validate_card_cvc(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(MESSAGES["cvc_missing"])
        if not re.fullmatch("[0-9]+", field.data):
            raise ValidationError(MESSAGES["cvc_invalid"])
        brand = brand_of(ascii_digits(self.card_number.data) or "")
        wanted = {brand.cvc_length} if brand else {known.cvc_length for known in BRANDS}
        if len(field.data) < min(wanted):
            raise ValidationError(MESSAGES["cvc_incomplete"])
        if len(field.data) not in wanted:
            raise ValidationError(MESSAGES["cvc_invalid"])

    def card_of(self, holder_name: str | None) -> CardDetails:
        """Return the card of a form that has been validated."""
        month, year = parse_expiry(self.card_expiry.data)
        number = ascii_digits(self.card_number.data) or ""
        return CardDetails(number, month, year, self.card_cvc.data, holder_name)

    def forget_code(self) -> None:
        """Blank the security code, which is typed anew for each try."""
        self.card_cvc.data = ""

    def forget_number(self) -> None:
        """Blank all that is on the card."""
        for field in (self.card_number, self.card_expiry, self.card_cvc):
            field.data = ""


def ascii_digits(text: str) -> str | None:
    """Return the digits without the spaces and dashes people put between them, None if anything else is in.

    Only 0-9 count: `str.isdigit` also takes the digits of other scripts, which no bank can read.
    """
    digits = re.sub(r"[\s-]", "", text)
    return digits if re.fullmatch("[0-9]+", digits) else None
