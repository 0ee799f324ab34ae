"""open link: a customer follows a payment link and gets a Checkout Session of their own."""

from typing import Any

from payments.catalog.prices import Price
from payments.errors import InvalidRequest
from payments.hosted.checkout_sessions import PREFILLED_EMAIL, CheckoutSession
from payments.hosted.collection_rules import QUESTIONS
from payments.hosted.link_parameters import LinkParameters
from payments.hosted.opening_rules import PAYMENT
from payments.hosted.payment_links import PaymentLink
from payments.hosted.ways_back import own_page

PASSED_ON = (
    *QUESTIONS, "allow_promotion_codes", "customer_creation", "optional_items", "payment_intent_data",
    "shipping_options", "submit_type",
)  # fmt: skip


def open_link(link: PaymentLink, asked: LinkParameters) -> CheckoutSession:
    """Collect a new session with the link's lines; raises InvalidRequest where it can't be paid now.

    A promotion code of the address is entered once the session is there, as a customer enters it.
    """
    if link.recurs:
        raise InvalidRequest("Florin does not offer subscriptions yet.", param="line_items")
    given: dict[str, Any] = {name: link.details[name] for name in PASSED_ON if name in link.details}
    own = {
        "client_reference_id": asked.client_reference_id,
        "customer_email": asked.locked_email,
        "locale": asked.locale,
    }
    given |= {name: value for name, value in own.items() if value}
    onward = link.after_completion.get("redirect", {}).get("url")
    session = CheckoutSession.open(
        given
        | {
            "mode": PAYMENT,
            "currency": link.currency,
            "line_items": [_offered(line) for line in link.lines],
            "success_url": asked.onward(onward) if onward else own_page(),
            "metadata": link.metadata_,
        },
        livemode=link.livemode,
    )
    session.payment_link_id = link.id
    if asked.email and not asked.locked_email:
        session.details = session.details | {PREFILLED_EMAIL: asked.email}
    return session


def _offered(line: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a line; a price of the link alone is offered anew, since it is inactive."""
    shared = {"quantity": line["quantity"]}
    if line.get("adjustable_quantity"):
        shared["adjustable_quantity"] = line["adjustable_quantity"]
    if not line["inline"]:
        return {"price": line["price"]["id"], **shared}
    price = Price.find(line["price"]["id"])
    data = {"currency": price.currency, "unit_amount": price.unit_amount, "product": price.product}
    return {"price_data": data, **shared}
