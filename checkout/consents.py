"""The boxes to tick: the shop's terms, its news, and whether the card is kept for the next time."""

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, StringField, ValidationError

from checkout.i18n import N_
from checkout.messages import MESSAGES
from checkout.words import trimmed

TICKED = "yes"


class Consents(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """A box that was ticked sends `yes`; one that was not sends nothing."""

    terms = StringField(N_("Terms of service"), name="termsOfServiceConsentCheckbox", filters=[trimmed])
    promotions = StringField(N_("News"), name="promotionsConsentCheckbox", filters=[trimmed])
    save_card = StringField(N_("Save my card for next time"), name="savePaymentMethod", filters=[trimmed])

    asks_terms = False
    asks_promotions = False
    offers_saving = False

    def ask_consents(self, asks: Mapping[str, Any]) -> None:
        """Set which boxes there are."""
        collection = asks.get("consent_collection") or {}
        saving = asks.get("saved_payment_method_options") or {}
        self.asks_terms = collection.get("terms_of_service") == "required"
        self.asks_promotions = collection.get("promotions") == "auto"
        self.offers_saving = saving.get("payment_method_save") == "enabled"

    def consent_fields(self) -> list[Field]:
        """Return the boxes about terms and news, in the order of the page."""
        asked = ((self.asks_terms, self.terms), (self.asks_promotions, self.promotions))
        return [field for wanted, field in asked if wanted]

    def validate_terms(self, field: Field) -> None:
        if field.data != TICKED:
            raise ValidationError(MESSAGES["terms_missing"])

    def consent_answer(self) -> dict[str, str | None] | None:
        """Return what was agreed to, None where nothing was asked."""
        if not self.consent_fields():
            return None
        news = "opt_in" if self.promotions.data == TICKED else "opt_out"
        return {
            "terms_of_service": "accepted" if self.asks_terms else None,
            "promotions": news if self.asks_promotions else None,
        }
