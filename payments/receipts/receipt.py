"""What a receipt says: who was paid, for what, with what, how much came back; of a card four digits."""

from dataclasses import dataclass
from typing import Any

from payments.branding import Look, look_of
from payments.charging.card_brands import LABELS
from payments.charging.charges import Charge
from payments.charging.methods import METHODS
from payments.charging.payment_intents import PaymentIntent
from payments.hosted.checkout_sessions import CheckoutSession
from payments.receipts import numbers


@dataclass(frozen=True, slots=True)
class Receipt:
    """A charge as its customer may see it; amounts in the smallest unit of `currency`."""

    charge_id: str
    look: Look  # of the page that was paid on
    number: str
    paid_at: int
    currency: str
    paid_minor: int
    refunded_minor: int
    method: str
    last4: str | None
    description: str | None
    lines: tuple[tuple[str, int, int], ...]  # name, quantity, amount before discounts and taxes
    statement: str | None
    locale: str | None
    test_mode: bool

    @property
    def merchant(self) -> str:
        """Return the name that the customer saw when paying."""
        return self.look.name

    @property
    def state(self) -> str:
        """Return how the payment stands by now: paid, partially_refunded or refunded."""
        if self.refunded_minor >= self.paid_minor:
            return "refunded"
        return "partially_refunded" if self.refunded_minor else "paid"


def receipt_of(charge: Charge) -> Receipt:
    """Return the receipt of a captured charge of the caller's merchant, as it stands now."""
    intent = PaymentIntent.peek(charge.payment_intent_id) if charge.payment_intent_id else None
    session_id = intent.checkout_session_id if intent else None
    session = CheckoutSession.peek(session_id) if session_id else None
    return Receipt(
        charge_id=charge.id,
        look=session.look if session else look_of(charge.account_id),
        number=charge.details.get("receipt_number") or numbers.of(charge.id),
        paid_at=charge.created,
        currency=charge.currency,
        paid_minor=charge.amount_captured,
        refunded_minor=charge.amount_refunded,
        method=_method(charge),
        last4=charge.card.get("last4"),
        description=charge.details.get("description"),
        lines=_lines(session),
        statement=charge.details.get("statement_descriptor"),
        locale=_locale(session),
        test_mode=not charge.livemode,
    )


def _method(charge: Charge) -> str:
    if charge.method_type is not None:
        return METHODS[charge.method_type].label
    return LABELS.get(str(charge.card.get("brand")), "Card")


def _lines(session: CheckoutSession | None) -> tuple[tuple[str, int, int], ...]:
    items = session.line_items() if session else []
    return tuple((item.name, item.quantity, item.amount) for item in items)


def _locale(session: CheckoutSession | None) -> str | None:
    details: dict[str, Any] = session.details if session else {}
    wanted = details.get("locale")
    return wanted if wanted and wanted != "auto" else None
