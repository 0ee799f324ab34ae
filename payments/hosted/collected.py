"""What a session asks beside the money, and what its customer has answered, as it is kept and shown."""

from dataclasses import dataclass, field
from typing import Any

import stripe
from sqlalchemy.orm import Mapped

from payments.hosted.collection_rules import DROPDOWN
from payments.hosted.quantities import shown_optional
from payments.shapes import shaped

Session = stripe.checkout.Session
CUSTOM_TEXTS = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
LENGTHS = ("default_value", "maximum_length", "minimum_length")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a customer gave where the page asked for it; `custom_fields` maps keys to values."""

    custom_fields: dict[str, str | None] = field(default_factory=dict)
    consent: dict[str, str | None] | None = None
    phone: str | None = None
    individual_name: str | None = None
    business_name: str | None = None
    tax_id: dict[str, str] | None = None  # `type` and `value`
    save_card: bool = False


class WithCollected:
    """The questions stand in `details` as the merchant gave them, the answers in `collected`."""

    customer_id: Mapped[str | None]
    details: Mapped[dict[str, Any]]
    customer_details: Mapped[dict[str, Any] | None]
    collected: Mapped[dict[str, Any] | None]
    adjustments: Mapped[dict[str, Any] | None]

    def note_answers(self, answers: Answers) -> None:
        """Keep what the customer answered, in the place of what an earlier try gave."""
        names = {"individual_name": answers.individual_name, "business_name": answers.business_name}
        told = {"phone": answers.phone, "tax_ids": [answers.tax_id] if answers.tax_id else []}
        self.customer_details = (self.customer_details or {}) | told | names
        given: dict[str, Any] = {"custom_fields": answers.custom_fields, "consent": answers.consent} | names
        if answers.save_card:
            given["save_card"] = True
        self.collected = given if any(given.values()) else None

    @property
    def saves_card(self) -> bool:
        """Tell whether the customer wants the card to be there the next time."""
        return bool((self.collected or {}).get("save_card"))

    def collected_wire(self) -> dict[str, Any]:
        """Return the keys of the session that this file is about."""
        asked, answers = self.details, self.collected or {}
        return {
            "collected_information": self._information(),
            "consent": self._consent(answers.get("consent")),
            "consent_collection": consents_asked(Session.ConsentCollection, asked.get("consent_collection")),
            "custom_fields": shown_fields(asked.get("custom_fields"), answers.get("custom_fields") or {}),
            "custom_text": shown_texts(Session.CustomText, asked.get("custom_text")),
            "name_collection": shown_names(asked.get("name_collection")),
            "optional_items": shown_optional(asked.get("optional_items")),
            "phone_number_collection": asked.get("phone_number_collection") or {"enabled": False},
            "saved_payment_method_options": self._saved_options(),
            "tax_id_collection": shown_tax_id(asked.get("tax_id_collection")),
        }

    def customer_wire(self) -> dict[str, Any] | None:
        """Return what is known of the customer, the email that the merchant gave included."""
        known = self.customer_details or {}
        email = known.get("email") or self.details.get("customer_email")
        if not known and not email:
            return None
        return shaped(
            Session.CustomerDetails,
            **({"tax_ids": []} | known | {"email": email, "tax_exempt": "none"}),
        )

    def _consent(self, given: dict[str, Any] | None) -> dict[str, Any] | None:
        asked = self.details.get("consent_collection") or {}
        if asked.get("terms_of_service") != "required" and asked.get("promotions") != "auto":
            return None
        return shaped(Session.Consent, **(given or {}))

    def _saved_options(self) -> dict[str, Any] | None:
        options = self.details.get("saved_payment_method_options")
        if options is None and self.customer_id is None:
            return None
        return {"allow_redisplay_filters": ["always"], "payment_method_remove": "disabled",
                "payment_method_save": "disabled"} | (options or {})  # fmt: skip

    def _information(self) -> dict[str, Any] | None:
        """Return the names and the place of delivery that the page has asked for."""
        answers = self.collected or {}
        told = {name: answers.get(name) for name in ("business_name", "individual_name")}
        told["shipping_details"] = (self.adjustments or {}).get("shipping_details")
        return shaped(Session.CollectedInformation, **told) if any(told.values()) else None


def consents_asked(cls: type, asked: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the consents that are asked for, None for none."""
    return shaped(cls, **asked) if asked else None


def shown_fields(asked: list[dict[str, Any]] | None, answers: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the custom fields with their answers, as the wire has them."""
    shown = []
    for custom in asked or []:
        kind = custom["type"]
        given = custom.get(kind) or {}
        own = {"default_value": given.get("default_value"), "options": given["options"]} if kind == DROPDOWN \
            else {name: given.get(name) for name in LENGTHS}  # fmt: skip
        shown.append(
            {
                "key": custom["key"],
                "label": custom["label"],
                "optional": custom.get("optional", False),
                "type": kind,
                kind: own | {"value": answers.get(custom["key"])},
            }
        )
    return shown


def shown_texts(cls: type, asked: dict[str, Any] | None) -> dict[str, Any]:
    """Return the merchant's own words, null where there are none."""
    return shaped(cls, **{place: (asked or {}).get(place) or None for place in CUSTOM_TEXTS})


def shown_names(asked: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return which names are asked for."""
    return {who: {"optional": False} | wish for who, wish in asked.items()} if asked else None


def shown_tax_id(asked: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return whether a tax ID is asked for."""
    return {"required": "never"} | asked if asked else None


def without_answer(shown: dict[str, Any]) -> dict[str, Any]:
    """Return a custom field as an offer has it, which nobody has answered."""
    kind = shown["type"]
    return shown | {kind: {name: value for name, value in shown[kind].items() if name != "value"}}
