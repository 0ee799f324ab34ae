"""What a merchant has told of a session's customer before anything was typed."""

from payments.customers.customers import Customer
from payments.hosted.checkout_sessions import CheckoutSession


def known_email(session: CheckoutSession) -> str | None:
    """Return the address that the merchant already gave, which the customer does not type again."""
    given = session.details.get("customer_email")
    if given is None:
        customer = named_customer(session)
        given = customer.email if customer else None
    return given or None


def named_customer(session: CheckoutSession) -> Customer | None:
    """Return the customer that the merchant has named; not one that was made of what somebody typed here.

    Whoever opens the session's address next may be somebody else, and who typed it may correct it.
    """
    if session.customer_id is None or session.details.get("customer_creation") == "always":
        return None
    return Customer.peek(session.customer_id)
