"""A session that asks for everything that the hosted page can ask, and a buyer's answers."""

from typing import Any

FIELDS: list[dict[str, Any]] = [
    {
        "key": "engraving",
        "label": {"type": "custom", "custom": "Engraving"},
        "type": "text",
        "text": {"minimum_length": 2, "maximum_length": 20},
    },
    {
        "key": "member",
        "label": {"type": "custom", "custom": "Member number"},
        "type": "numeric",
        "optional": True,
        "numeric": {"maximum_length": 8},
    },
    {
        "key": "size",
        "label": {"type": "custom", "custom": "Size"},
        "type": "dropdown",
        "dropdown": {
            "options": [{"label": "Small", "value": "S"}, {"label": "Large", "value": "L"}],
            "default_value": "S",
        },
    },
]
EVERYTHING: dict[str, Any] = {
    "billing_address_collection": "required",
    "consent_collection": {"terms_of_service": "required", "promotions": "auto"},
    "custom_fields": FIELDS,
    "name_collection": {"individual": {"enabled": True}, "business": {"enabled": True, "optional": True}},
    "phone_number_collection": {"enabled": True},
    "shipping_address_collection": {"allowed_countries": ["DE", "IN"]},
    "tax_id_collection": {"enabled": True},
}
ADDRESS = {
    "billingCountry": "DE",
    "billingAddressLine1": "Unter den Linden 1",
    "billingAddressLine2": "",
    "billingPostalCode": "10117",
    "billingLocality": "Berlin",
    "billingAdministrativeArea": "",
}
DELIVERY = {
    "shippingName": "Asha Rao",
    "shippingCountry": "IN",
    "shippingAddressLine1": "12 MG Road",
    "shippingAddressLine2": "2nd floor",
    "shippingPostalCode": "560001",
    "shippingLocality": "Bengaluru",
    "shippingAdministrativeArea": "KA",
}
ANSWERS = {
    **ADDRESS,
    **DELIVERY,
    "phoneNumber": "+49 (30) 901-820",
    "individualName": "Asha Rao",
    "businessName": "Rao GmbH",
    "taxIdType": "eu_vat",
    "taxId": "DE 123 456 789",
    "customField1": "For Mira",
    "customField2": "00123",
    "customField3": "L",
    "termsOfServiceConsentCheckbox": "yes",
    "promotionsConsentCheckbox": "yes",
}
