"""Which events ask for a receipt, and to whom it goes; called inside the unit of work that causes them.

`receipt_email` of a payment always asks for one, whatever the merchant has set (Stripe's reference of the
payment intent). Otherwise the merchant's wishes count, and the address is the one that the customer typed on
the page, or that of the customer who pays.
"""

from collections.abc import Callable

from payments.charging.charges import Charge
from payments.charging.refunds import Refund, Status
from payments.customers.customers import Customer
from payments.events import Event
from payments.receipts import numbers
from payments.receipts.letters import Letter
from payments.receipts.wishes import present_wishes

PAYMENT, REFUND = "receipt", "refund_receipt"


def hear(event: Event) -> None:
    """Collect the letter that an event asks for; of most events there is none."""
    ask = ASKED.get(event.type)
    if ask is not None:
        ask(event)


def _paid(event: Event) -> None:
    charge = Charge.peek(event.object_id)
    if charge is None or not charge.captured:
        return  # a receipt is for money that has been taken; a capture asks for it later
    recipient = _named(charge) or (_known(charge) if present_wishes().payments else None)
    if recipient:
        charge.details = charge.details | {"receipt_number": numbers.of(charge.id)}
        Letter.write(PAYMENT, charge.id, recipient)


def _changed(event: Event) -> None:
    """Send another receipt to an address given since (Stripe's reference of a charge's update)."""
    charge = Charge.peek(event.object_id)
    recipient = _named(charge) if charge is not None and charge.captured else None
    if charge is not None and recipient and not Letter.is_written(PAYMENT, charge.id, recipient):
        charge.details = charge.details | {"receipt_number": numbers.of(charge.id)}
        Letter.write(PAYMENT, charge.id, recipient)


def _refunded(event: Event) -> None:
    refund = Refund.peek(event.object_id)
    if refund is None or refund.status != Status.SUCCEEDED:
        return
    charge = Charge.peek(refund.charge_id)
    if charge is None:
        return
    recipient = _named(charge) or (_known(charge) if present_wishes().refunds else None)
    # The event comes with each change of a refund's metadata, too.
    if recipient and not Letter.is_written(REFUND, refund.id, recipient):
        refund.receipt_number = numbers.of(refund.id)
        Letter.write(REFUND, refund.id, recipient)


def _named(charge: Charge) -> str | None:
    return charge.details.get("receipt_email") or None


def _known(charge: Charge) -> str | None:
    """Return the address that the customer typed, or that of the customer who pays."""
    typed = charge.billing_details.get("email")
    if typed:
        return str(typed)
    customer = Customer.peek(charge.customer_id) if charge.customer_id else None
    return customer.email if customer else None


ASKED: dict[str, Callable[[Event], None]] = {
    "charge.succeeded": _paid,
    "charge.captured": _paid,
    "charge.updated": _changed,
    "refund.updated": _refunded,
}
