"""What the page's script is given to check and to say by, in the page's language."""

from datetime import UTC, datetime
from functools import lru_cache

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape

from checkout import line_rules
from checkout.addresses import postal_words
from checkout.i18n import N_, Language, gettext
from checkout.messages import MESSAGES
from kit import clock
from payments.charging.card_brands import as_json

# What the page's script says by itself.
SCRIPT_WORDS = {
    "cvc_of_four": N_("4 digits"),
    "optional": N_("Optional"),
    "processing": N_("Processing…"),
    "in_progress": N_("Your payment is being processed."),
    "check": N_("Please check what you typed. You have not been charged."),
}
BRANDS = as_json()


@lru_cache(maxsize=256)
def rules(_language: Language) -> Markup:
    """Return what the page's script checks by, in the language that is spoken, as an attribute's JSON.

    The server checks all of it again.
    """
    found = {
        "brands": BRANDS,
        "messages": {name: str(words) for name, words in MESSAGES.items()},
        "lines": line_rules.as_json(),
        "postal": postal_words(),
        "words": {name: str(words) for name, words in SCRIPT_WORDS.items()}
        | {
            "did_you_mean": gettext("Did you mean %(email)s?", email="{email}"),
            # A field's name where two addresses are asked; as PaymentForm.full_name has it.
            "of_delivery": gettext("%(field)s (%(part)s)", field="{field}", part=gettext("Delivery address")),
            "of_billing": gettext("%(field)s (%(part)s)", field="{field}", part=gettext("Billing address")),
            "problem": gettext("Problem: %(title)s", title="{title}"),
        },
    }
    return escape(str(htmlsafe_json_dumps(found)))


def today() -> str:
    """Return the date, for the page's script: a customer's clock may be wrong."""
    return datetime.fromtimestamp(clock.now(), UTC).date().isoformat()
