"""A business's tax ID: its type, out of the published list, and its number."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel import Locale
from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField, ValidationError

from checkout.i18n import N_
from checkout.messages import MESSAGES
from checkout.words import control_characters, hides_card, trimmed
from payments.hosted.tax_ids import EUROPEAN, FORMATS, country_of, fits, likely_type

# Forms have no blanks. In these countries a business has a tax ID.
FORMATS_IN_ONE = " ".join(f"{name}={form}" for name, form in FORMATS.items())
SUPPORTED = " ".join(sorted({*EUROPEAN, *map(country_of, FORMATS)}))


class TaxFields(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """Asked of businesses alone; a number may be required where the buyer's country has a type for it."""

    tax_id_type = SelectField(N_("Type of tax ID"), name="taxIdType", validate_choice=False)
    tax_id = StringField(N_("Tax ID"), name="taxId", filters=[trimmed])

    asks_tax_id = False
    needs_tax_id = False

    def ask_tax_id(self, asks: Mapping[str, Any], locale: Locale, country: str, *, fresh: bool) -> None:
        """Set whether a tax ID is asked, and the types to choose from."""
        collection = asks.get("tax_id_collection") or {}
        self.asks_tax_id = bool(collection.get("enabled"))
        self.needs_tax_id = self.asks_tax_id and collection.get("required") == "if_supported"
        if self.asks_tax_id:
            self.tax_id_type.choices = type_choices(locale)
            if fresh and not self.tax_id_type.data:
                self.tax_id_type.data = likely_type(country)

    def tax_fields(self) -> list[Field]:
        """Return the two fields where they are asked."""
        return [self.tax_id_type, self.tax_id] if self.asks_tax_id else []

    def tax_country(self) -> str:
        """Return the country that decides whether a tax ID is required; of the whole form."""
        return ""

    def validate_tax_id_type(self, field: Field) -> None:
        if self.tax_id.data and field.data not in FORMATS:
            raise ValidationError(MESSAGES["tax_type_missing"])

    def validate_tax_id(self, field: Field) -> None:
        if not field.data:
            if self.needs_tax_id and likely_type(self.tax_country()):
                raise ValidationError(MESSAGES["tax_id_missing"])
            return
        if control_characters(field.data) or hides_card(field.data):
            raise ValidationError(MESSAGES["characters"])
        if self.tax_id_type.data in FORMATS and not fits(self.tax_id_type.data, field.data):
            raise ValidationError(MESSAGES["tax_id_invalid"])

    def tax_id_attributes(self) -> dict[str, str | None]:
        """Return the rules as the field brings them along for `static/checkout/fields.js`."""
        return {"data-formats": FORMATS_IN_ONE, "data-needed-in": SUPPORTED if self.needs_tax_id else None}

    def tax_answer(self) -> dict[str, str] | None:
        """Return type and number, None where none was given."""
        if not self.asks_tax_id or not self.tax_id.data:
            return None
        return {"type": self.tax_id_type.data, "value": self.tax_id.data}


@lru_cache(maxsize=64)
def type_choices(locale: Locale) -> tuple[tuple[str, str], ...]:
    """Return (type, words) of every type: its country's name in the locale, and its own short name."""
    names = ((name, locale.territories.get(country_of(name), country_of(name))) for name in FORMATS)
    words = {
        name: f"{country} · {name.partition('_')[2].upper().replace('_', ' ')}" for name, country in names
    }
    return tuple(sorted(words.items(), key=lambda choice: choice[1]))
