"""Where an order is delivered: the fields of the payment form that are asked where the shop wants them.

Their names are Stripe's own, as those of the card.
"""

from collections.abc import Sequence
from typing import Any

from babel import Locale
from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField, ValidationError

from checkout.addresses import Parts, parts_of, postal_code_problem
from checkout.countries import country_choices
from checkout.i18n import N_
from checkout.line_rules import check_line
from checkout.messages import MESSAGES
from checkout.words import trimmed


class DeliveryFields(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """A name and an address in one of the countries that the shop delivers to."""

    shipping_name = StringField(N_("Name"), name="shippingName", filters=[trimmed])
    shipping_country = SelectField(N_("Country or region"), name="shippingCountry", validate_choice=False)
    shipping_line1 = StringField(N_("Address"), name="shippingAddressLine1", filters=[trimmed])
    shipping_line2 = StringField(N_("Flat, floor, company"), name="shippingAddressLine2", filters=[trimmed])
    shipping_postal_code = StringField(N_("Postal code"), name="shippingPostalCode", filters=[trimmed])
    shipping_city = StringField(N_("City"), name="shippingLocality", filters=[trimmed])
    shipping_state = StringField(N_("State or region"), name="shippingAdministrativeArea", filters=[trimmed])

    ships_to: Sequence[str] = ()

    def offer_countries(self, ships_to: Sequence[str], locale: Locale) -> None:
        """Set the countries to choose from; none says that nothing is delivered."""
        self.ships_to = ships_to
        wanted = frozenset(ships_to)
        self.shipping_country.choices = [
            choice for choice in (country_choices(locale) if wanted else ()) if choice[0] in wanted
        ]

    @property
    def shipping_parts(self) -> Parts:
        """Return what an address of the chosen country has."""
        return parts_of(self.shipping_country.data or "")

    def delivery_fields(self) -> list[Field]:
        """Return what is asked of a buyer whose order is delivered, in the order of the page."""
        if not self.ships_to:
            return []
        return [
            self.shipping_name, self.shipping_country, self.shipping_line1, self.shipping_line2,
            self.shipping_postal_code, self.shipping_city, self.shipping_state,
        ]  # fmt: skip

    def validate_shipping_name(self, field: Field) -> None:
        check_line(field)

    def validate_shipping_line1(self, field: Field) -> None:
        check_line(field)

    def validate_shipping_line2(self, field: Field) -> None:
        check_line(field)

    def validate_shipping_city(self, field: Field) -> None:
        check_line(field, optional=not self.shipping_parts.needs_city)

    def validate_shipping_state(self, field: Field) -> None:
        check_line(field, optional=not self.shipping_parts.needs_region)

    def validate_shipping_country(self, field: Field) -> None:
        if field.data not in dict(field.choices or ()):
            raise ValidationError(MESSAGES["parcel_country_missing"])

    def validate_shipping_postal_code(self, field: Field) -> None:
        problem = postal_code_problem(self.shipping_parts, field.data)
        if problem:
            raise ValidationError(problem)

    def shipping(self) -> dict[str, Any] | None:
        """Return name and address as the wire has them; None where nothing is delivered."""
        if not self.ships_to:
            return None
        address = {
            "city": self.shipping_city.data, "country": self.shipping_country.data,
            "line1": self.shipping_line1.data, "line2": self.shipping_line2.data,
            "postal_code": self.shipping_postal_code.data, "state": self.shipping_state.data,
        }  # fmt: skip
        kept = {name: text or None for name, text in address.items()}
        return {"name": self.shipping_name.data, "address": kept}
