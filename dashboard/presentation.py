"""How facts read on a page: amounts, moments, cards, and the word and colour of each status."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from babel import Locale

from kit.readable import format_amount
from payments.charging.card_brands import LABELS
from payments.charging.charges import Charge
from payments.charging.methods import METHODS
from payments.charging.payment_intents import PaymentIntent, Status

# The dashboard speaks English, and so do its numbers: an amount is typed as it is shown.
LOCALE = Locale("en")

# Status -> the tone of its badge: good, wait, bad; all others are quiet.
TONES = {
    "succeeded": "good", "paid": "good", "complete": "good", "enabled": "good", "Succeeded": "good",
    "active": "good",
    "pending": "wait", "processing": "wait", "open": "wait", "Processing": "wait", "Uncaptured": "wait",
    "failed": "bad", "Failed": "bad", "disabled": "bad", "blocked": "bad",
}  # fmt: skip

WORDS = {
    Status.REQUIRES_PAYMENT_METHOD: "Incomplete",
    Status.REQUIRES_CONFIRMATION: "Incomplete",
    Status.REQUIRES_ACTION: "Incomplete",
    Status.PROCESSING: "Processing",
    Status.REQUIRES_CAPTURE: "Uncaptured",
    Status.SUCCEEDED: "Succeeded",
    Status.CANCELED: "Canceled",
}


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment with its latest charge, as lists show it."""

    intent: PaymentIntent
    charge: Charge | None

    @property
    def status(self) -> str:
        """Return one word for how the payment stands."""
        charge = self.charge
        # While the customer is asked at the bank, the question is open, too: yet it is the customer's turn.
        if self.intent.attempt_id is not None and self.intent.status != Status.REQUIRES_ACTION:
            return "Processing"
        if self.intent.status == Status.SUCCEEDED and charge is not None and charge.amount_refunded:
            return "Refunded" if charge.refunded else "Partially refunded"
        if self.intent.status == Status.REQUIRES_PAYMENT_METHOD and self.intent.last_payment_error:
            return "Failed"
        return WORDS[Status(self.intent.status)]

    @property
    def customer(self) -> str | None:
        """Return the e-mail or the name that came with the card, the receipt's e-mail else."""
        billing = self.charge.billing_details if self.charge else {}
        return billing.get("email") or billing.get("name") or self.intent.details.get("receipt_email")

    @property
    def card(self) -> str | None:
        """Return what was paid with."""
        return card_label(self.charge) if self.charge else None


def card_label(charge: Charge) -> str:
    """Return 'Visa •••• 4242', or what another means shows of itself: 'UPI asha@bank'."""
    if charge.method_type is None:
        card = charge.card
        return f"{LABELS.get(card['brand'], card['brand'])} •••• {card['last4']}"
    known = charge.method_data or {}
    detail = (
        known.get("vpa") or known.get("bank_name") or (f"•••• {known['last4']}" if known.get("last4") else "")
    )
    return f"{METHODS[charge.method_type].label} {detail}".rstrip()


def money(amount_minor: int, currency: str) -> str:
    """Return '$4.99'."""
    return format_amount(amount_minor, currency, LOCALE)


def moment(seconds: int) -> str:
    """Return '21 Nov 2026, 02:24' in UTC, which the pages say once."""
    return f"{datetime.fromtimestamp(seconds, UTC):%-d %b %Y, %H:%M}"


def to_the_second(seconds: int) -> str:
    """Return '21 Nov 2026, 02:24:07 UTC'."""
    return f"{datetime.fromtimestamp(seconds, UTC):%-d %b %Y, %H:%M:%S} UTC"


def exact(seconds: int) -> str:
    """Return the ISO form, for machines and for the pointer that rests."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def readable_json(text: str) -> str:
    """Return JSON text with indents."""
    return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()


FILTERS: dict[str, Callable[..., str]] = {
    "money": money,
    "moment": moment,
    "to_the_second": to_the_second,
    "exact": exact,
    "card_label": card_label,
    "readable_json": readable_json,
    "tone": lambda status: TONES.get(status, "quiet"),
    "words": lambda name: str(name).replace("_", " "),
}
