"""Why a card was refused, in plain words for its holder: decline code -> what to say and where to look.

Stripe's advice on decline codes is kept: lost, stolen and suspected cards get the general sentence,
because the person at the keyboard may not be the cardholder.
"""

from dataclasses import dataclass

from checkout.i18n import N_, Words

TRY_ANOTHER = N_("No money has been taken. Check the details or try another card.")
ASK_BANK = N_(
    "No money has been taken. Try another card, or ask your bank what it holds against this payment."
)
GENERAL = N_("Your card was declined.")


@dataclass(frozen=True, slots=True)
class Problem:
    """What the box above the form says; `field` is the input to correct, where there is one."""

    title: Words
    advice: Words | str
    field: str | None = None
    field_link: Words | None = None


_NUMBER = ("cardNumber", N_("Go to the card number"))
_EXPIRY = ("cardExpiry", N_("Go to the expiration date"))
_CVC = ("cardCvc", N_("Go to the security code"))
_POSTAL_CODE = ("billingPostalCode", N_("Go to the postal code"))

_FIX_IT = N_("No money has been taken. Correct it and try again.")
_LATER = N_("No money has been taken. Try again in a little bit, or use another card.")
_WRONG_NUMBER = Problem(N_("Your card number is incorrect."), _FIX_IT, *_NUMBER)
_WRONG_CVC = Problem(N_("Your card's security code is incorrect."), _FIX_IT, *_CVC)
_WRONG_MONTH = Problem(N_("Your card's expiration month is invalid."), _FIX_IT, *_EXPIRY)
_WRONG_YEAR = Problem(N_("Your card's expiration year is invalid."), _FIX_IT, *_EXPIRY)
_TOO_MUCH = Problem(N_("Your card has reached its limit for now."), TRY_ANOTHER)

# Decline codes first, then the error codes that stand alone. Codes not named here say GENERAL.
PROBLEMS = {
    "insufficient_funds": Problem(
        N_("Your card has insufficient funds."), N_("No money has been taken. Try a different card.")
    ),
    "card_velocity_exceeded": _TOO_MUCH,
    "withdrawal_count_limit_exceeded": _TOO_MUCH,
    "expired_card": Problem(
        N_("Your card has expired."),
        N_("No money has been taken. Check the date or use another card."),
        *_EXPIRY,
    ),
    "incorrect_cvc": _WRONG_CVC,
    "invalid_cvc": _WRONG_CVC,
    "incorrect_number": _WRONG_NUMBER,
    "invalid_number": _WRONG_NUMBER,
    "invalid_account": Problem(GENERAL, ASK_BANK),
    "invalid_expiry_month": _WRONG_MONTH,
    "invalid_expiry_year": _WRONG_YEAR,
    "incorrect_zip": Problem(N_("Your card's postal code is incorrect."), _FIX_IT, *_POSTAL_CODE),
    "processing_error": Problem(N_("An error occurred while processing your card."), _LATER),
    "try_again_later": Problem(N_("Your bank could not answer just now."), _LATER),
    "issuer_not_available": Problem(N_("Your bank could not be reached."), _LATER),
    "card_not_supported": Problem(N_("Your card does not support this purchase."), ASK_BANK),
    "currency_not_supported": Problem(N_("Your card does not support this currency."), ASK_BANK),
    "authentication_required": Problem(
        N_("Your bank asks you to confirm this payment, which was not possible here."),
        N_("No money has been taken. Use another card."),
    ),
    "payment_intent_authentication_failure": Problem(
        N_("This payment was not confirmed with your bank."),
        N_("No money has been taken. Try again, or use another card."),
    ),
    "call_issuer": Problem(GENERAL, ASK_BANK),
    "do_not_honor": Problem(GENERAL, ASK_BANK),
}


# Of another means than a card, whose codes stand alone.
_AGAIN = N_("No money has been taken. Try again, or choose another way to pay.")
OTHER_MEANS = {
    "payment_method_customer_decline": Problem(N_("You did not approve this payment."), _AGAIN),
    "payment_method_provider_decline": Problem(N_("This payment was declined."), _AGAIN),
    "payment_intent_payment_attempt_expired": Problem(N_("This payment was not completed in time."), _AGAIN),
    "insufficient_funds": Problem(N_("Your account has insufficient funds."), _AGAIN),
    "debit_not_authorized": Problem(N_("Your bank does not allow this debit."), _AGAIN),
    "sepa_unsupported_account": Problem(
        N_("This account can't be debited by SEPA Direct Debit."), _AGAIN, "iban", N_("Go to the IBAN")
    ),
}


def problem_of(code: str | None, decline_code: str | None) -> Problem:
    """Return what to tell the buyer about an error's `code` and `decline_code`."""
    alone = OTHER_MEANS.get(code or "") if decline_code is None else None
    known = alone or PROBLEMS.get(decline_code or "") or PROBLEMS.get(code or "")
    return known or Problem(GENERAL, TRY_ANOTHER)
