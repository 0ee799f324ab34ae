"""keep customer: what a customer told on the hosted page goes to the customer's own record."""

from typing import Any

from payments.customers.customers import Customer
from payments.hosted.billing import Billing
from payments.hosted.collected import WithCollected


def made_customer(billing: Billing) -> Customer:
    """Collect a new customer of what was typed."""
    return Customer.create(_told(billing))


def corrected_customer(customer_id: str, billing: Billing) -> None:
    """Change a customer that was made of an earlier try's words to what is typed now."""
    customer = Customer.peek(customer_id)
    if customer is None or customer.deleted:
        return
    present = customer.as_stripe()
    changed = {name: value for name, value in _told(billing).items() if present.get(name) != value}
    if changed:
        customer.update(changed)


def _told(billing: Billing) -> dict[str, Any]:
    answers = billing.answers
    given: dict[str, Any] = {"email": billing.email}
    told = {
        "name": billing.name or answers.individual_name or answers.business_name,
        "phone": answers.phone,
        "address": billing.address() if billing.country else None,
        "shipping": billing.shipping
        and billing.shipping | ({"phone": answers.phone} if answers.phone else {}),
        "business_name": answers.business_name,
        "individual_name": answers.individual_name,
    }
    return given | {name: value for name, value in told.items() if value}


def update_customer(session: WithCollected, shipping: dict[str, Any] | None) -> None:
    """Change the customer that the merchant named, as far as `customer_update` says; a phone always.

    A customer that the merchant has deleted meanwhile is left alone.
    """
    known = session.customer_details or {}
    wanted = session.details.get("customer_update") or {}
    auto = {name for name in ("address", "name", "shipping") if wanted.get(name) == "auto"}
    given: dict[str, Any] = {}
    if known.get("phone"):
        given["phone"] = known["phone"]
    if "address" in auto and (known.get("address") or {}).get("country"):
        given["address"] = known["address"]
    if "shipping" in auto and shipping:
        given["shipping"] = shipping | ({"phone": known["phone"]} if known.get("phone") else {})
    if "name" in auto:
        names = {name: known.get(name) for name in ("name", "business_name", "individual_name")}
        given |= {name: text for name, text in names.items() if text}
    customer = Customer.peek(session.customer_id) if session.customer_id and given else None
    if customer is not None and not customer.reread().deleted:
        present = customer.as_stripe()
        changed = {name: value for name, value in given.items() if present.get(name) != value}
        if changed:
            customer.update(changed)
