"""What a merchant has told of a session's customer before anything was typed."""

from payments.customers.customers import Customer
from payments.hosted.checkout_sessions import CheckoutSession


def known_email(session: CheckoutSession) -> str | None:
    """Return the address that the merchant already gave, which the customer does not type again."""
    given = session.details.get("customer_email")
    if given is None and session.customer_id is not None:
        customer = Customer.peek(session.customer_id)
        given = customer.email if customer else None
    return given or None
