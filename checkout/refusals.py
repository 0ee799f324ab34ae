"""Why an order was not changed, in the customer's words; the API says the same to merchants, in English."""

import re

from checkout.i18n import N_, Words
from payments.errors import StripeError
from payments.hosted.line_items import AMOUNT_REFUSED

BEYOND = N_("This amount can't be chosen.")
# The API's message -> what the page says. Braces of an f-string are written as {}.
SAID = {
    "This code is invalid.": N_("This code is invalid."),
    "This order takes no promotion codes.": N_("This order takes no promotion codes."),
    "This promotion code is expired or has been redeemed as often as it may be.": N_(
        "This promotion code is expired or has been redeemed as often as it may be."
    ),
    "This promotion code is only for a customer's first purchase.": N_(
        "This promotion code is only for a customer's first purchase."
    ),
    "This promotion code can only be used by another customer.": N_("This code is invalid."),
    "The order is below the least amount that this promotion code is for.": N_(
        "The order is below the least amount that this promotion code is for."
    ),
    "This promotion code can't be used for orders in {}.": N_(
        "This promotion code can't be used for orders in this currency."
    ),
    "This discount has no amount in {}.": N_(
        "This promotion code can't be used for orders in this currency."
    ),
    "This discount is for none of the products in this order.": N_(
        "This discount is for none of the products in this order."
    ),
    "This card is not among the saved cards of this order's customer any more.": N_(
        "This card is not among your saved cards any more."
    ),
    "Cards can't be removed on this page.": N_("Cards can't be removed on this page."),
    "This quantity can't be chosen.": N_("This quantity can't be chosen."),
    AMOUNT_REFUSED: BEYOND,
    "This item is not in the order.": N_("This item is not in your order any more."),
    "An order needs at least one item.": N_("An order needs at least one item."),
    "Choose one of the ways of delivery.": N_("Choose one of the ways of delivery."),
}
TOO_SMALL = N_("With this change the total would be too small to be charged.")
BY_CODE = {"amount_too_small": TOO_SMALL, "amount_too_large": BEYOND}
BUSY = N_("This could not be changed just now. Please try again.")

_SHAPES = [(re.compile(re.escape(told).replace(r"\{\}", r"\w+")), words) for told, words in SAID.items()]


def refused_words(refusal: StripeError) -> Words:
    """Return what to tell the customer; of what they can't mend, that it did not work."""
    if refusal.code in BY_CODE:
        return BY_CODE[refusal.code]
    return next((words for shape, words in _SHAPES if shape.fullmatch(refusal.message)), BUSY)
