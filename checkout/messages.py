"""What the payment form says about a field that cannot be used; the page's script says the same."""

from checkout import expiry
from checkout.i18n import N_

MESSAGES = {
    "email_missing": N_("Enter your email address."),
    "email_invalid": N_("Your email is invalid. Check that it looks like name@example.com."),
    "number_missing": N_("Enter your card number."),
    "number_incomplete": N_("Your card number is incomplete."),
    "number_invalid": N_("Your card number is invalid."),
    "number_unsupported": N_("Your card is not supported. Please use a card of another brand."),
    "expiry_missing": N_("Enter your card's expiration date."),
    "expiry_incomplete": expiry.INCOMPLETE,
    "expiry_month": expiry.BAD_MONTH,
    "expiry_past": expiry.IN_THE_PAST,
    "expiry_year": expiry.BAD_YEAR,
    "cvc_missing": N_("Enter your card's security code."),
    "cvc_incomplete": N_("Your card's security code is incomplete."),
    "cvc_invalid": N_("Your card's security code is invalid."),
    "name_missing": N_("Enter the name on your card."),
    "name_long": N_("Enter a name of at most 150 characters."),
    "name_number": N_("This looks like a card number. Enter the name on your card instead."),
    "characters": N_("This contains characters that cannot be used here."),
    "country_missing": N_("Choose your country or region."),
    "method_missing": N_("Choose how you want to pay."),
    "iban_missing": N_("Enter your IBAN."),
    "iban_invalid": N_("Your IBAN is invalid. Check that every digit is as your bank writes it."),
    "holder_missing": N_("Enter the name of the account's holder."),
}
