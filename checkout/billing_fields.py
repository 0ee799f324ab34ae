"""Who pays and where they live: the billing address, and the account of a debit with its holder."""

from collections.abc import Mapping
from typing import Any

from babel import Locale
from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField, ValidationError

from checkout.addresses import Parts, parts_for_card, parts_of, postal_code_problem
from checkout.countries import country_choices
from checkout.i18n import N_
from checkout.line_rules import check_line
from checkout.messages import MESSAGES
from checkout.words import trimmed
from payments.charging.methods.sepa_debit import plain_iban


class BillingFields(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """The holder's name and address, as far as each means of payment asks for them."""

    billing_name = StringField(N_("Name on card"), name="billingName", filters=[trimmed])
    billing_country = SelectField(N_("Country or region"), name="billingCountry", validate_choice=False)
    billing_postal_code = StringField(N_("Postal code"), name="billingPostalCode", filters=[trimmed])
    iban = StringField(N_("IBAN"), name="iban", filters=[trimmed])
    account_holder = StringField(N_("Account holder"), name="accountHolderName", filters=[trimmed])

    billing_line1 = StringField(N_("Address"), name="billingAddressLine1", filters=[trimmed])
    billing_line2 = StringField(N_("Flat, floor, company"), name="billingAddressLine2", filters=[trimmed])
    billing_city = StringField(N_("City"), name="billingLocality", filters=[trimmed])
    billing_state = StringField(N_("State or region"), name="billingAdministrativeArea", filters=[trimmed])

    asks_full_address = False

    def ask_billing(self, asks: Mapping[str, Any]) -> None:
        """Set whether the whole billing address is asked, whatever pays."""
        self.asks_full_address = asks.get("billing_address_collection") == "required"

    @property
    def billing_parts(self) -> Parts:
        """Return what is asked of an address of the chosen country: all that it has, or what a card needs."""
        return (parts_of if self.asks_full_address else parts_for_card)(self.billing_country.data or "")

    def address_fields(self) -> list[Field]:
        """Return the fields of the whole address, in the order of the page."""
        if not self.asks_full_address:
            return []
        return [
            self.billing_country, self.billing_line1, self.billing_line2, self.billing_postal_code,
            self.billing_city, self.billing_state,
        ]  # fmt: skip

    def address_lines(self) -> dict[str, str | None]:
        """Return what a whole address has beside country and postal code."""
        if not self.asks_full_address:
            return {}
        return {
            "line1": self.billing_line1.data,
            "line2": self.billing_line2.data or None,
            "city": self.billing_city.data or None,
            "state": self.billing_state.data or None,
        }

    def offer_billing_countries(self, locale: Locale) -> None:
        """Set the countries to choose from."""
        self.billing_country.choices = country_choices(locale)

    def validate_billing_line1(self, field: Field) -> None:
        check_line(field)

    def validate_billing_line2(self, field: Field) -> None:
        check_line(field)

    def validate_billing_city(self, field: Field) -> None:
        check_line(field, optional=not self.billing_parts.needs_city)

    def validate_billing_state(self, field: Field) -> None:
        check_line(field, optional=not self.billing_parts.needs_region)

    def validate_billing_name(self, field: Field) -> None:
        check_line(field)

    def validate_billing_country(self, field: Field) -> None:
        if field.data not in dict(field.choices):
            raise ValidationError(MESSAGES["country_missing"])

    def validate_billing_postal_code(self, field: Field) -> None:
        problem = postal_code_problem(self.billing_parts, field.data)
        if problem:
            raise ValidationError(problem)

    def validate_iban(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(MESSAGES["iban_missing"])
        if plain_iban(field.data) is None:
            raise ValidationError(MESSAGES["iban_invalid"])

    def validate_account_holder(self, field: Field) -> None:
        check_line(field)
