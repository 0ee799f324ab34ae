"""The payment form: what the buyer types, checked field by field before a bank is bothered.

Field names on the page are Stripe's own (cardNumber, billingName, ...), so that browser suites
written for Stripe's page fill this one too.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from babel import Locale
from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField, ValidationError
from wtforms.i18n import DummyTranslations

from checkout import expiry
from checkout.countries import country_choices, postal_code_problem
from checkout.delivery import DeliveryFields
from checkout.expiry import BadExpiry, parse_expiry
from checkout.words import control_characters, trimmed
from payments.charging.card_brands import BRANDS, brand_of, hides_card_number, passes_luhn
from payments.charging.cards import CardDetails
from payments.charging.methods import CARD
from payments.charging.methods.sepa_debit import SEPA_DEBIT, plain_iban
from payments.hosted.pay import Billing, Chosen

# A session lives a day at most; so does the page's CSRF token.
CSRF_SECONDS = int(timedelta(hours=24).total_seconds())

CSRF_FIELD = "csrf_token"

EMAIL_SHAPE = re.compile(
    r"[^\s@,;:<>()\[\]\\\"]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])"
)

MESSAGES = {
    "email_missing": "Enter your email address.",
    "email_invalid": "Your email is invalid. Check that it looks like name@example.com.",
    "number_missing": "Enter your card number.",
    "number_incomplete": "Your card number is incomplete.",
    "number_invalid": "Your card number is invalid.",
    "number_unsupported": "Your card is not supported. Please use a card of another brand.",
    "expiry_missing": "Enter your card's expiration date.",
    "expiry_incomplete": expiry.INCOMPLETE,
    "expiry_month": expiry.BAD_MONTH,
    "expiry_past": expiry.IN_THE_PAST,
    "expiry_year": expiry.BAD_YEAR,
    "cvc_missing": "Enter your card's security code.",
    "cvc_incomplete": "Your card's security code is incomplete.",
    "cvc_invalid": "Your card's security code is invalid.",
    "name_missing": "Enter the name on your card.",
    "name_long": "Enter a name of at most 150 characters.",
    "name_number": "This looks like a card number. Enter the name on your card instead.",
    "characters": "This contains characters that cannot be used here.",
    "country_missing": "Choose your country or region.",
    "method_missing": "Choose how you want to pay.",
    "iban_missing": "Enter your IBAN.",
    "iban_invalid": "Your IBAN is invalid. Check that every digit is as your bank writes it.",
    "holder_missing": "Enter the name of the account's holder.",
}
# What each method asks for beside the email address; the rest is asked on a page of its bank's.
ASKED: dict[str, tuple[str, ...]] = {
    CARD: (
        "card_number", "card_expiry", "card_cvc", "billing_name", "billing_country", "billing_postal_code",
    ),
    SEPA_DEBIT.type: ("iban", "account_holder"),
}  # fmt: skip


def _ascii_digits(text: str) -> str | None:
    """Return the digits without the spaces and dashes people put between them, None if anything else is in.

    Only 0-9 count: `str.isdigit` also takes the digits of other scripts, which no bank can read.
    """
    digits = re.sub(r"[\s-]", "", text)
    return digits if re.fullmatch("[0-9]+", digits) else None


class PaymentForm(DeliveryFields):
    """One card, its holder and the billing address. `choices` and the default country follow the locale."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # flask-wtf publishes no types
        """The token outlives an hour at the kitchen table; the strings stay English."""

        csrf_time_limit = CSRF_SECONDS

        def get_translations(self, _form: Any) -> DummyTranslations:
            return DummyTranslations()

    email = StringField("Email", filters=[trimmed])
    card_number = StringField("Card number", name="cardNumber", filters=[trimmed])
    card_expiry = StringField("Expiration", name="cardExpiry", filters=[trimmed])
    card_cvc = StringField("CVC", name="cardCvc", filters=[trimmed])
    billing_name = StringField("Name on card", name="billingName", filters=[trimmed])
    billing_country = SelectField("Country or region", name="billingCountry", validate_choice=False)
    billing_postal_code = StringField("Postal code", name="billingPostalCode", filters=[trimmed])
    method = StringField("Payment method", name="paymentMethod", filters=[trimmed])
    iban = StringField("IBAN", name="iban", filters=[trimmed])
    expected_amount = StringField("Total", name="expectedAmount", filters=[trimmed])
    account_holder = StringField("Account holder", name="accountHolderName", filters=[trimmed])

    def __init__(
        self,
        formdata: Any,
        locale: Locale,
        *,
        country: str = "US",
        fixed_email: str | None = None,
        types: Sequence[str] = (CARD,),
        ships_to: Sequence[str] = (),
        is_free: bool = False,
    ) -> None:
        super().__init__(formdata=formdata, data={"email": fixed_email or "", "billing_country": country})
        self.types, self.is_free = types, is_free
        self.offer_countries(ships_to, locale)
        if not self.method.data:  # a page with one method, or a suite that knows of cards alone
            self.method.data = CARD if CARD in types else types[0]
        if self.method.data != CARD:
            self.card_number.data = self.card_cvc.data = ""  # typed before another way was chosen
        self.billing_country.choices = list(country_choices(locale))
        self.fixed_email = fixed_email
        if fixed_email:  # the merchant named the customer; what the page sends cannot change it
            self.email.data = fixed_email

    def validate(self, extra_validators: Any = None) -> bool:
        """Check what the chosen method asks for, and nothing that was typed for another one."""
        super().validate(extra_validators)
        asked = {field.name for field in (*self.fields(), *(() if self.is_free else (self.method,)))}
        for field in self:
            if field.name not in asked and field.name != CSRF_FIELD:
                field.errors = ()
        return not any(field.errors for field in self)

    def validate_method(self, field: Field) -> None:
        if field.data not in self.types:
            raise ValidationError(MESSAGES["method_missing"])

    def validate_iban(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(MESSAGES["iban_missing"])
        if plain_iban(field.data) is None:
            raise ValidationError(MESSAGES["iban_invalid"])

    def validate_account_holder(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(MESSAGES["holder_missing"])
        if len(field.data) > 150:
            raise ValidationError(MESSAGES["name_long"])
        if control_characters(field.data) or hides_card_number(field.data):
            raise ValidationError(MESSAGES["characters"])

    def validate_email(self, field: Field) -> None:
        if self.fixed_email:
            return
        if not field.data:
            raise ValidationError(MESSAGES["email_missing"])
        fits = len(field.data) <= 254 and EMAIL_SHAPE.fullmatch(field.data)
        if not fits or control_characters(field.data) or hides_card_number(field.data):
            raise ValidationError(MESSAGES["email_invalid"])

    def validate_card_number(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(MESSAGES["number_missing"])
        digits = _ascii_digits(field.data)
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
        brand = brand_of(_ascii_digits(self.card_number.data) or "")
        wanted = {brand.cvc_length} if brand else {known.cvc_length for known in BRANDS}
        if len(field.data) < min(wanted):
            raise ValidationError(MESSAGES["cvc_incomplete"])
        if len(field.data) not in wanted:
            raise ValidationError(MESSAGES["cvc_invalid"])

    def validate_billing_name(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(MESSAGES["name_missing"])
        if len(field.data) > 150:
            raise ValidationError(MESSAGES["name_long"])
        if control_characters(field.data):
            raise ValidationError(MESSAGES["characters"])
        if hides_card_number(field.data):
            raise ValidationError(MESSAGES["name_number"])

    def validate_billing_country(self, field: Field) -> None:
        if field.data not in dict(field.choices):
            raise ValidationError(MESSAGES["country_missing"])

    def validate_billing_postal_code(self, field: Field) -> None:
        problem = postal_code_problem(self.billing_country.data or "", field.data)
        if problem:
            raise ValidationError(problem)

    def fields(self) -> list[Field]:
        """Return what the buyer fills in for the chosen method, in the order of the page."""
        asked = () if self.is_free else ASKED.get(self.method.data, ())
        return [self.email, *self.delivery_fields(), *(getattr(self, name) for name in asked)]

    @property
    def expected_minor(self) -> int | None:
        """Return the total that the page has shown, None for a form that does not tell."""
        text = self.expected_amount.data
        return int(text) if re.fullmatch("[0-9]{1,12}", text) else None

    def means(self) -> CardDetails | Chosen | None:
        """Return the card, or the other means, of a form that has been validated; None for a free order."""
        if self.is_free:
            return None
        if self.method.data != CARD:
            given = {"iban": self.iban.data} if self.iban in self.fields() else {}
            return Chosen(self.method.data, given)
        return self.card()

    def card(self) -> CardDetails:
        """Return the card of a form that has been validated."""
        month, year = parse_expiry(self.card_expiry.data)
        number = _ascii_digits(self.card_number.data) or ""
        return CardDetails(number, month, year, self.card_cvc.data, self.billing_name.data)

    def billing(self) -> Billing:
        """Return who pays, where they live and where the order goes to."""
        if self.is_free:
            return Billing(self.email.data, self.shipping_name.data or None, shipping=self.shipping())
        if self.method.data != CARD:
            name, country = self.account_holder.data or None, self.billing_country.data
            return Billing(
                self.email.data,
                name,
                country if country in dict(self.billing_country.choices) else None,
                shipping=self.shipping(),
            )
        return Billing(
            email=self.email.data,
            name=self.billing_name.data,
            country=self.billing_country.data,
            postal_code=self.billing_postal_code.data or None,
            shipping=self.shipping(),
        )

    @property
    def stranger(self) -> bool:
        """Tell whether the form lacks the token of a page that we gave to this browser."""
        return bool(self.csrf_token.errors)

    def forget_code(self) -> None:
        """Blank the security code, which is typed anew for each try."""
        self.card_cvc.data = ""

    def forget_card(self) -> None:
        """Blank the card and every complaint: the sender is in doubt, so nothing of a card is shown."""
        for field in (self.card_number, self.card_expiry, self.card_cvc, self.iban):
            field.data = ""
        for field in self:
            if field.name != CSRF_FIELD:
                field.errors = ()
