"""Who pays and where they live: the billing address, and the account of a debit with its holder."""

from babel import Locale
from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField, ValidationError

from checkout.countries import country_choices, postal_code_problem
from checkout.i18n import N_
from checkout.messages import MESSAGES
from checkout.words import control_characters, trimmed
from payments.charging.card_brands import hides_card_number
from payments.charging.methods.sepa_debit import plain_iban


class BillingFields(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """The holder's name and address, as far as each means of payment asks for them."""

    billing_name = StringField(N_("Name on card"), name="billingName", filters=[trimmed])
    billing_country = SelectField(N_("Country or region"), name="billingCountry", validate_choice=False)
    billing_postal_code = StringField(N_("Postal code"), name="billingPostalCode", filters=[trimmed])
    iban = StringField(N_("IBAN"), name="iban", filters=[trimmed])
    account_holder = StringField(N_("Account holder"), name="accountHolderName", filters=[trimmed])

    def offer_billing_countries(self, locale: Locale) -> None:
        """Set the countries to choose from."""
        self.billing_country.choices = list(country_choices(locale))

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
