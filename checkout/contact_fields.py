"""How the buyer is reached and called: the e-mail address, a phone number, a name, a business."""

import re
from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, StringField, ValidationError

from checkout.i18n import N_
from checkout.line_rules import check_line
from checkout.messages import MESSAGES
from checkout.words import control_characters, hides_card, trimmed
from payments.charging.card_brands import hides_card_number

EMAIL_SHAPE = re.compile(
    r"[^\s@,;:<>()\[\]\\\"]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])"
)
PHONE_SEPARATORS = re.compile(r"[\s().\-/]")
# E.164: a plus sign, a country code that begins with no zero, fifteen digits at most.
PHONE_SHAPE = re.compile(r"\+[1-9][0-9]{6,14}")


class ContactFields(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """An e-mail address that the merchant has given already can't be changed on the page."""

    email = StringField(N_("Email"), filters=[trimmed])
    phone = StringField(N_("Phone number"), name="phoneNumber", filters=[trimmed])
    individual_name = StringField(N_("Full name"), name="individualName", filters=[trimmed])
    business_name = StringField(N_("Business name"), name="businessName", filters=[trimmed])

    fixed_email: str | None = None
    asks_phone = False
    names_asked: Mapping[str, Any] = {}

    def ask_contact(self, asks: Mapping[str, Any]) -> None:
        """Set what is asked of the buyer beside the e-mail address."""
        self.asks_phone = bool((asks.get("phone_number_collection") or {}).get("enabled"))
        collection = asks.get("name_collection") or {}
        self.names_asked = {who: wish for who, wish in collection.items() if wish.get("enabled")}

    def name_fields(self) -> list[Field]:
        """Return the fields for names, in the order of the page."""
        fields = {"individual": self.individual_name, "business": self.business_name}
        return [field for who, field in fields.items() if who in self.names_asked]

    def is_optional(self, who: str) -> bool:
        """Tell whether the name of an `individual` or a `business` may be left out."""
        return bool(self.names_asked.get(who, {}).get("optional"))

    @property
    def must_name_business(self) -> bool:
        """Tell whether the name of a business has to be given, whatever else is."""
        return "business" in self.names_asked and not self.is_optional("business")

    def needs_business(self) -> bool:
        """Tell whether the name of a business has to be given; of the whole form."""
        return self.must_name_business

    def contact_fields(self) -> list[Field]:
        """Return what is asked beside the e-mail address, in the order of the page."""
        return [*self.name_fields(), *([self.phone] if self.asks_phone else [])]

    def validate_email(self, field: Field) -> None:
        if self.fixed_email:
            return
        if not field.data:
            raise ValidationError(MESSAGES["email_missing"])
        fits = len(field.data) <= 254 and EMAIL_SHAPE.fullmatch(field.data)
        if not fits or control_characters(field.data) or hides_card_number(field.data):
            raise ValidationError(MESSAGES["email_invalid"])

    def validate_phone(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(MESSAGES["phone_missing"])
        if plain_phone(field.data) is None or hides_card(field.data):
            raise ValidationError(MESSAGES["phone_invalid"])

    def validate_individual_name(self, field: Field) -> None:
        check_line(field, optional=self.is_optional("individual"))

    def validate_business_name(self, field: Field) -> None:
        check_line(field, optional=not self.needs_business())


def plain_phone(text: str) -> str | None:
    """Return a phone number as E.164 writes it; None where it is none, or lacks its country's code."""
    digits = PHONE_SEPARATORS.sub("", text)
    digits = "+" + digits[2:] if digits.startswith("00") else digits
    return digits if PHONE_SHAPE.fullmatch(digits) else None
