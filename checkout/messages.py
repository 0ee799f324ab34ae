"""What the payment form says about a field that cannot be used; the page's script says the same."""

from checkout import expiry

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
