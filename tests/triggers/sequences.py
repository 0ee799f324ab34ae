"""The calls that each `stripe trigger` of the CLI (1.52.0) makes, as its binary sends them.

A call has a name, by which later ones refer to its answer: `${customer:id}`, `${disputes:data.0.id}`.
`refused` is the type of the error that the CLI expects.
"""

from dataclasses import dataclass, field
from typing import Any

BY_CLI = "(created by Stripe CLI)"


@dataclass(frozen=True)
class Call:
    """One call, and the error that it has to end in, if any."""

    name: str
    method: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)
    refused: str | None = None


def post(name: str, path: str, refused: str | None = None, /, **params: Any) -> Call:
    return Call(name, "POST", f"/v1/{path}", params, refused)


JENNY = {
    "name": "Jenny Rosen",
    "address": {
        "line1": "510 Townsend St",
        "postal_code": "94103",
        "city": "San Francisco",
        "state": "CA",
        "country": "US",
    },
}
METADATA = {"foo": "bar"}
CUSTOMER = post("customer", "customers", description=BY_CLI)
PRODUCT = post("product", "products", name="myproduct", description=BY_CLI)
MONTHLY = {
    "product": "${product:id}",
    "unit_amount": "1500",
    "currency": "usd",
    "recurring[interval]": "month",
}
PRICE = post("price", "prices", **MONTHLY)
LINK = post("payment_link", "payment_links", line_items={"0": {"price": "${price:id}", "quantity": 1}})
CARDS = {"payment_method_types": ["card"]}
SETUP = {"description": BY_CLI, **CARDS}
INTENT = {"amount": 2000, "currency": "usd", "description": BY_CLI}
SMALL = {"amount": 100, "currency": "usd", "confirm": True, "description": BY_CLI, **CARDS}


def pays(**more: Any) -> Call:
    return post("payment_intent", "payment_intents", **{**INTENT, **CARDS, "confirm": "true", **more})


def small(token: str, refused: str | None = None) -> Call:
    return post("payment_intent", "payment_intents", refused, **SMALL, payment_method=f"pm_card_{token}")


FUNDED = pays(payment_method="pm_card_bypassPending")
PAYOUT = post("payout", "payouts", amount=1100, currency="usd", description=BY_CLI)
INQUIRY = small("createDisputeInquiry")
DISPUTES = Call("disputes", "GET", "/v1/disputes", {"payment_intent": "${payment_intent:id}"})
REFUND = post("refund", "refunds", payment_intent="${payment_intent:id}")
ATTACH = post("attached", "payment_methods/pm_card_visa/attach", customer="${customer:id}")
SOURCE = post("source", "customers/${customer:id}/sources", source="tok_visa")
HTTPBIN = {"success_url": "https://httpbin.org/post", "cancel_url": "https://httpbin.org/post"}
PAGE = Call("page", "GET", "/v1/payment_pages/${checkout_session:id}")
PAGE_PAID = post(
    "paid",
    "payment_pages/${checkout_session:id}/confirm",
    payment_method="${payment_method:id}",
    expected_amount=3000,
)


def sold(currency: str, intent_data: dict[str, Any], **more: Any) -> tuple[Call, ...]:
    """A product, its price and a session that sells two."""
    lines = [{"price": "${price:id}", "quantity": 2}]
    given = {**HTTPBIN, "mode": "payment", "line_items": lines, "payment_intent_data": intent_data, **more}
    price = {"product": "${product:id}", "unit_amount": "1500", "currency": currency}
    session = post("checkout_session", "checkout/sessions", **given)
    return PRODUCT, post("price", "prices", **price), session, PAGE


def debited(iban: str) -> tuple[Call, ...]:
    """A session that is paid by a debit of an account."""
    address = {"line1": "71 Crown Street", "city": "London", "postal_code": "W10 2WB", "country": "GB"}
    holder = {"email": "stripe@example.com", "name": "Jenny Rosen", "phone": "1234567890"}
    method = post(
        "payment_method",
        "payment_methods",
        type="sepa_debit",
        sepa_debit={"iban": iban},
        billing_details={**holder, "address": address},
    )
    kept = {"setup_future_usage": "off_session", "shipping": JENNY}
    return *sold("eur", kept, payment_method_types=["sepa_debit"]), method, PAGE_PAID


CARD_OF_JENNY = post(
    "payment_method",
    "payment_methods",
    type="card",
    card={"token": "tok_visa"},
    billing_details={
        "email": "stripe@example.com",
        "name": "Jenny Rosen",
        "address": {
            "line1": "354 Oyster Point Blvd",
            "postal_code": "94080",
            "city": "South San Francisco",
            "state": "CA",
            "country": "US",
        },
    },
)
HELD = {**INTENT, **CARDS, "capture_method": "manual", "confirm": True, "payment_method": "pm_card_visa"}

SEQUENCES: dict[str, tuple[Call, ...]] = {
    "balance.available": (pays(payment_method="pm_card_bypassPending", shipping=JENNY),),
    "charge.captured": (
        post("payment_intent", "payment_intents", **HELD),
        post("captured", "payment_intents/${payment_intent:id}/capture"),
    ),
    "charge.dispute.closed": (INQUIRY, DISPUTES, post("closed", "disputes/${disputes:data.0.id}/close")),
    "charge.dispute.created": (INQUIRY,),
    "charge.dispute.updated": (
        INQUIRY,
        DISPUTES,
        post("updated", "disputes/${disputes:data.0.id}", metadata=METADATA),
    ),
    "charge.failed": (small("visa_chargeDeclined", "card_error"),),
    "charge.refund.updated": (
        small("visa"),
        REFUND,
        post("updated", "refunds/${refund:id}", metadata={"order_id": "6735"}),
    ),
    "charge.refunded": (small("visa"), REFUND),
    "charge.succeeded": (small("visa"),),
    "checkout.session.async_payment_failed": debited("IT60X0542811101000000123456"),
    "checkout.session.async_payment_succeeded": debited("AT611904300234573201"),
    "checkout.session.completed": (*sold("usd", {"shipping": JENNY}), CARD_OF_JENNY, PAGE_PAID),
    "customer.created": (CUSTOMER,),
    "customer.deleted": (CUSTOMER, Call("deleted", "DELETE", "/v1/customers/${customer:id}")),
    "customer.source.created": (CUSTOMER, SOURCE),
    "customer.source.updated": (
        CUSTOMER,
        SOURCE,
        post("updated", "customers/${customer:id}/sources/${source:id}", metadata=METADATA),
    ),
    "customer.updated": (CUSTOMER, post("updated", "customers/${customer:id}", metadata=METADATA)),
    "payment_intent.amount_capturable_updated": (
        post(
            "payment_intent",
            "payment_intents",
            **HELD,
            confirmation_method="manual",
            return_url="https://stripe.com",
        ),
    ),
    "payment_intent.canceled": (
        post("payment_intent", "payment_intents", **INTENT),
        post(
            "canceled",
            "payment_intents/${payment_intent:id}/cancel",
            cancellation_reason="requested_by_customer",
        ),
    ),
    "payment_intent.created": (post("payment_intent", "payment_intents", **INTENT, **CARDS),),
    "payment_intent.payment_failed": (
        post(
            "payment_intent",
            "payment_intents",
            "card_error",
            **INTENT,
            **CARDS,
            confirm="true",
            payment_method="pm_card_chargeDeclined",
        ),
    ),
    "payment_intent.processing": (
        post(
            "payment_method",
            "payment_methods",
            type="sepa_debit",
            sepa_debit={"iban": "AT321904300235473204"},
            billing_details={"name": "Bob", "email": "bob@example.com"},
        ),
        post(
            "payment_intent",
            "payment_intents",
            payment_method="${payment_method:id}",
            payment_method_types=["sepa_debit"],
            amount=1000,
            currency="eur",
            confirm=True,
            mandate_data={"customer_acceptance": {"accepted_at": "1590590577", "type": "offline"}},
        ),
    ),
    "payment_intent.requires_action": (pays(payment_method="pm_card_authenticationRequired"),),
    "payment_intent.succeeded": (pays(payment_method="pm_card_visa", shipping=JENNY),),
    "payment_link.created": (PRODUCT, PRICE, LINK),
    "payment_link.updated": (
        PRODUCT,
        PRICE,
        LINK,
        post("updated", "payment_links/${payment_link:id}", allow_promotion_codes=True),
    ),
    "payment_method.attached": (CUSTOMER, ATTACH),
    "payment_method.detached": (CUSTOMER, ATTACH, post("detached", "payment_methods/${attached:id}/detach")),
    "payment_method.updated": (
        CUSTOMER,
        post(
            "setup_intent",
            "setup_intents",
            customer="${customer:id}",
            payment_method="pm_card_visa",
            confirm="true",
            description=BY_CLI,
        ),
        post("updated", "payment_methods/${setup_intent:payment_method}", metadata=METADATA),
    ),
    "payout.created": (FUNDED, PAYOUT),
    "payout.updated": (FUNDED, PAYOUT, post("updated", "payouts/${payout:id}", metadata=METADATA)),
    "setup_intent.canceled": (
        post("setup_intent", "setup_intents", **SETUP),
        post(
            "canceled", "setup_intents/${setup_intent:id}/cancel", cancellation_reason="requested_by_customer"
        ),
    ),
    "setup_intent.created": (post("setup_intent", "setup_intents", **SETUP),),
    "setup_intent.requires_action": (
        post(
            "setup_intent",
            "setup_intents",
            confirm="true",
            description=BY_CLI,
            payment_method="pm_card_authenticationRequired",
        ),
    ),
    "setup_intent.setup_failed": (
        post(
            "setup_intent",
            "setup_intents",
            "card_error",
            **SETUP,
            confirm="true",
            payment_method="pm_card_chargeDeclined",
        ),
    ),
    "setup_intent.succeeded": (
        post("setup_intent", "setup_intents", **SETUP, confirm=True, payment_method="pm_card_visa"),
    ),
}
