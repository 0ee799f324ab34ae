"""What was typed in this browser before its last try, shown again to who comes back; never a card.

A session's address may be passed on to somebody else, so what was typed is shown to the same browser alone,
and only for as long as the session holds it: once somebody else has typed there, it is theirs.
"""

import hashlib
from typing import Any

import flask
import orjson

from checkout import frames
from checkout.consents import TICKED
from payments.hosted.checkout_sessions import CheckoutSession

TRIED = "tried"  # in the browser's cookie: the session whose form it has sent, and a digest of what it typed
DIGEST_LENGTH = 32
ADDRESS = ("line1", "line2", "postal_code", "city", "state", "country")


def remember(session: CheckoutSession) -> None:
    """Note that this browser has typed what the session holds now; in a shop's frame no cookie is kept."""
    if frames.present() is None:
        flask.session[TRIED] = [session.id, _digest(_held(session))]


def again(session: CheckoutSession) -> dict[str, Any]:
    """Return what this browser has typed for the session, by the attributes of the form."""
    tried = flask.session.get(TRIED)
    if not isinstance(tried, list) or tried[0] != session.id:
        return {}
    held = _held(session)
    return held if tried[1] == _digest(held) else {}


def _digest(held: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(held, option=orjson.OPT_SORT_KEYS)).hexdigest()[:DIGEST_LENGTH]


def _held(session: CheckoutSession) -> dict[str, Any]:
    """Return what was typed last for the session, whoever did."""
    customer = session.customer_details or {}
    shipping = (session.adjustments or {}).get("shipping_details") or {}
    names = ("email", "phone", "individual_name", "business_name")
    typed = {name: customer.get(name) for name in names} | _answers(session)
    typed |= {"billing_name": customer.get("name"), "account_holder": customer.get("name")}
    typed |= {f"billing_{name}": (customer.get("address") or {}).get(name) for name in ADDRESS}
    typed |= {"shipping_name": shipping.get("name")}
    typed |= {f"shipping_{name}": (shipping.get("address") or {}).get(name) for name in ADDRESS}
    tax_id: dict[str, str] = next(iter(customer.get("tax_ids") or ()), {})
    typed |= {"tax_id": tax_id.get("value"), "tax_id_type": tax_id.get("type")}
    return {attribute: value for attribute, value in typed.items() if value}


def _answers(session: CheckoutSession) -> dict[str, Any]:
    """Return the answers to the merchant's own questions, and the boxes that were ticked."""
    given = session.collected or {}
    answers, consent = given.get("custom_fields") or {}, given.get("consent") or {}
    asked = session.details.get("custom_fields") or ()
    typed = {f"custom_field_{place}": answers.get(each["key"]) for place, each in enumerate(asked, start=1)}
    ticked = {
        "terms": consent.get("terms_of_service") == "accepted",
        "promotions": consent.get("promotions") == "opt_in",
        "save_card": session.saves_card,
    }
    return typed | {name: TICKED for name, is_ticked in ticked.items() if is_ticked}
