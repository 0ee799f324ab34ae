"""How the buyer is reached: the e-mail address."""

import re

from flask_wtf import FlaskForm
from wtforms import Field, StringField, ValidationError

from checkout.i18n import N_
from checkout.messages import MESSAGES
from checkout.words import control_characters, trimmed
from payments.charging.card_brands import hides_card_number

EMAIL_SHAPE = re.compile(
    r"[^\s@,;:<>()\[\]\\\"]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])"
)


class ContactFields(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """An address that the merchant has given already can't be changed on the page."""

    email = StringField(N_("Email"), filters=[trimmed])

    fixed_email: str | None = None

    def validate_email(self, field: Field) -> None:
        if self.fixed_email:
            return
        if not field.data:
            raise ValidationError(MESSAGES["email_missing"])
        fits = len(field.data) <= 254 and EMAIL_SHAPE.fullmatch(field.data)
        if not fits or control_characters(field.data) or hides_card_number(field.data):
            raise ValidationError(MESSAGES["email_invalid"])
