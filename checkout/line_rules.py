"""What a line of text in each field has to be: said once, for the form and for the page's script.

Both say the same of the same words (tests/journeys/test_the_script_checks_as_the_server_does.py).
"""

from dataclasses import asdict, dataclass
from typing import Any

from wtforms import Field, ValidationError

from checkout.i18n import Words
from checkout.messages import MESSAGES
from checkout.words import control_characters
from payments.charging.card_brands import hides_card_number

LONGEST_NAME = 150
LONGEST_LINE = 200


@dataclass(frozen=True, slots=True)
class Line:
    """The rules of one field; its messages by their names in MESSAGES, its length in characters.

    `missing` is None for what may always be left out. `card_number` is said of a card number typed here.
    """

    missing: str | None = None
    longest: int = LONGEST_LINE
    too_long: str = "too_long"
    card_number: str = "card_number_here"

    def problem_of(self, text: str, *, optional: bool = False) -> Words | None:
        """Return what is wrong with the words, None where they will do."""
        if hides_card_number(text):
            return MESSAGES[self.card_number]
        if not text:
            return MESSAGES[self.missing] if self.missing and not optional else None
        if len(text) > self.longest:
            return MESSAGES[self.too_long]
        return MESSAGES["characters"] if control_characters(text) else None


def _name(missing: str, card_number: str = "card_number_here") -> Line:
    return Line(missing, LONGEST_NAME, "name_long", card_number)


# By the names of the fields, which are Stripe's.
LINES: dict[str, Line] = {
    "billingName": _name("name_missing", "name_number"),
    "accountHolderName": _name("holder_missing"),
    "individualName": _name("full_name_missing"),
    "businessName": _name("business_missing"),
    "shippingName": Line("parcel_name_missing"),
    **{
        f"{part}{name}": Line(missing)
        for part in ("shipping", "billing")
        for name, missing in (
            ("AddressLine1", "line1_missing"),
            ("AddressLine2", None),
            ("Locality", "city_missing"),
            ("AdministrativeArea", "region_missing"),
        )
    },
}


def check_line(field: Field, *, optional: bool = False) -> None:
    """Refuse what the field's rules don't allow; `optional` is what may be left out on this page."""
    problem = LINES[field.name].problem_of(field.data, optional=optional)
    if problem:
        raise ValidationError(problem)


def as_json() -> dict[str, dict[str, Any]]:
    """Return the rules as `static/checkout/fields.js` reads them."""
    return {name: asdict(line) for name, line in LINES.items()}
