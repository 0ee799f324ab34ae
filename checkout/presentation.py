"""How a session looks to its buyer: what the order summary and the button say."""

from dataclasses import dataclass

from checkout.i18n import N_, gettext
from checkout.looks import Face
from checkout.sums import Delivery
from payments.hosted.quantities import Choice

SAVE_WORDS = N_("Save card")
FREE_WORDS = N_("Complete order")

# Stripe's `submit_type`: the button's words. Paying names the sum, the others name the deed.
SUBMIT_WORDS = {"book": N_("Book"), "donate": N_("Donate"), "subscribe": N_("Subscribe")}


@dataclass(frozen=True, slots=True)
class Line:
    """One line item, its sums already written out."""

    name: str
    description: str | None
    quantity: int
    unit: str
    total: str
    image: str | None = None  # an address of our own origin
    id: str = ""
    choice: Choice | None = None  # how many the customer may choose
    mark: str = ""  # the letter in a picture's place
    pieces: str = ""  # the quantity in the customer's numerals
    pack: str = ""  # how many units the amount is for, where it is for more than one
    typed_amount: str = ""  # the amount as it stands in its field, where the customer chooses it
    limits: str = ""  # what may be chosen, in words


@dataclass(frozen=True, slots=True)
class Order:
    """The order summary: who is paid, for what, how much. `sums` are the steps from subtotal to total."""

    merchant: str
    face: Face
    test_mode: bool
    title: str
    total: str
    lines: tuple[Line, ...]
    sums: tuple[tuple[str, str], ...]
    button: str
    keeps_card: bool = False  # nothing is paid: the card is kept for later
    shown_minor: int | None = None  # the total, where somebody may change it in another window
    is_free: bool = False
    takes_code: bool = False
    code: str | None = None  # the promotion code on it, which the buyer may take off
    deliveries: tuple[Delivery, ...] = ()
    offers: tuple[Line, ...] = ()  # what the buyer may add


def button_words(submit_type: str | None, total: str | None) -> str:
    """Return what the button says: 'Pay ₹499.00', 'Book', 'Donate'; `total` is None where nothing is paid."""
    if total is None:
        return str(FREE_WORDS)
    deed = SUBMIT_WORDS.get(submit_type or "auto")
    return gettext("Pay %(total)s", total=total) if deed is None else str(deed)
