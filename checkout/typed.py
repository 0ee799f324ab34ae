"""What was typed in this browser before its bank's page, shown again to who comes back refused; never a card.

A session's address may be passed on to somebody else, so what was typed is shown to the same browser alone.
"""

from typing import Any

import flask

from checkout import frames
from payments.hosted.checkout_sessions import CheckoutSession

TRIED = "tried"  # in the browser's cookie: the session whose form it has sent
ADDRESS = ("line1", "line2", "postal_code", "city", "state", "country")


def remember(session_id: str) -> None:
    """Note that this browser has sent the session's form; in a shop's frame no cookie is kept."""
    if frames.present() is None:
        flask.session[TRIED] = session_id


def again(session: CheckoutSession) -> dict[str, Any]:
    """Return what this browser has typed for the session, by the attributes of the form."""
    if flask.session.get(TRIED) != session.id:
        return {}
    customer = session.customer_details or {}
    shipping = (session.adjustments or {}).get("shipping_details") or {}
    names = ("email", "phone", "individual_name", "business_name")
    typed = {name: customer.get(name) for name in names}
    typed |= {"billing_name": customer.get("name"), "account_holder": customer.get("name")}
    typed |= {f"billing_{name}": (customer.get("address") or {}).get(name) for name in ADDRESS}
    typed |= {"shipping_name": shipping.get("name")}
    typed |= {f"shipping_{name}": (shipping.get("address") or {}).get(name) for name in ADDRESS}
    return {attribute: value for attribute, value in typed.items() if value}
