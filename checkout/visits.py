"""One buyer's visit to a session's address: whose session it is, how it stands, who is acting."""

import hmac
import re
from dataclasses import dataclass
from typing import Any

from babel import Locale
from flask import Request

from checkout.i18n import Words
from kit import database
from kit.ids import random_text
from payments.charging.attempts import Attempt
from payments.charging.charges import Charge
from payments.charging.declines import name_of
from payments.charging.mandates import Mandate
from payments.charging.methods import METHODS
from payments.charging.payment_intents import CONFIRMABLE, PaymentIntent
from payments.charging.payment_intents import Status as IntentStatus
from payments.charging.payment_methods import PaymentMethod
from payments.charging.setup_intents import SetupIntent
from payments.hosted.checkout_sessions import PREFILLED_EMAIL, CheckoutSession, PaymentStatus, Status
from payments.hosted.known import known_email as email_given
from payments.hosted.known import named_customer
from payments.hosted.payment_links import PaymentLink
from payments.hosted.recover import recoverable
from payments.scope import Caller

ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")
# What opens a page: the session's id or, of an embedded one, its secret (payments/hosted/ways_back.py).
PAGE_KEY = re.compile(r"(cs_(?:test|live)_[0-9A-Za-z]{1,200})(?:_secret_[0-9A-Za-z]{1,100})?")


def find_session(key: str) -> CheckoutSession | None:
    """Return the session of an address, None for a made-up one. Its key is the buyer's only credential."""
    found = PAGE_KEY.fullmatch(key)
    session = database.load(CheckoutSession, found[1]) if found else None
    if session is None or not hmac.compare_digest(session.page_key.encode(), key.encode()):
        return None
    return session


def buyer_of(
    visited: CheckoutSession | PaymentLink | Attempt | Charge | Mandate,
    request: Request,
    locale: Locale | None = None,
) -> Caller:
    """Return the caller that a visit acts as: a customer of whose the visited thing is."""
    return buyer_at(visited, request.remote_addr, locale)


def buyer_at(
    visited: CheckoutSession | PaymentLink | Attempt | Charge | Mandate,
    address: str | None,
    locale: Locale | None = None,
) -> Caller:
    """Return the same for a visit from an address of the network's."""
    return Caller(
        account_id=visited.account_id,
        livemode=visited.livemode,
        actor="customer",
        request_id=f"req_{random_text(14)}",
        address=address,
        language=str(locale).replace("_", "-") if locale is not None else None,
    )


def intent_of(session: CheckoutSession) -> PaymentIntent | SetupIntent | None:
    """Return the session's payment, None before the first try; or its setup, which it has from the start."""
    if session.setup_intent_id:
        return SetupIntent.find(session.setup_intent_id)
    return PaymentIntent.find(session.payment_intent_id) if session.payment_intent_id else None


def state_of(session: CheckoutSession) -> str:
    """Return how the session stands for its buyer.

    One of open, challenged, processing, complete, expired, or sold_out: its payment link is full.
    """
    if session.status != Status.OPEN:
        return session.status
    intent = intent_of(session)
    if intent is None or (intent.status in CONFIRMABLE and intent.attempt_id is None):
        if not session.is_payable:
            return "expired"
        return "sold_out" if _is_sold_out(session) else "open"
    if intent.status == IntentStatus.REQUIRES_ACTION and session.is_payable:
        return "challenged"
    if intent.status == IntentStatus.CANCELED:
        return "expired"
    # The bank is being asked, or was answered between our two reads: the session says which by now.
    now = session.reread().status
    return "processing" if now == Status.OPEN else now


def challenge_address(session: CheckoutSession) -> str | None:
    """Return the bank's page that waits for the buyer, None where none does."""
    intent = intent_of(session)
    action = (intent.next_action if intent else None) or {}
    return (action.get("redirect_to_url") or {}).get("url")


def on_its_way(session: CheckoutSession) -> bool:
    """Tell whether the session has ended while its money is still to come."""
    intent = intent_of(session) if session.payment_status == PaymentStatus.UNPAID else None
    return intent is not None and intent.status == IntentStatus.PROCESSING


def other_means(session: CheckoutSession) -> Words | None:
    """Return the name of the means that is paying, None where it is a card."""
    intent = intent_of(session)
    method = PaymentMethod.peek(str(intent.payment_method_id)) if intent else None
    kind = METHODS.get(method.type) if method else None
    return Words(kind.label) if kind else None


def _is_sold_out(session: CheckoutSession) -> bool:
    link = link_of(session) if session.link_slot is None else None
    return link is not None and link.is_full


def link_of(session: CheckoutSession) -> PaymentLink | None:
    """Return the payment link that the session came of, None for a session of the shop's own."""
    return PaymentLink.peek(session.payment_link_id) if session.payment_link_id else None


def refused_method(session: CheckoutSession) -> str | None:
    """Return the type of the means that the last refused try was made with, None where there is none."""
    intent = intent_of(session)
    error = intent.last_payment_error if isinstance(intent, PaymentIntent) else None
    return ((error or {}).get("payment_method") or {}).get("type")


def confirming_link(session: CheckoutSession) -> PaymentLink | None:
    """Return the payment link that keeps its customer here after the payment, None where there is none."""
    link = link_of(session)
    return link if link is not None and link.confirms_here else None


def known_email(session: CheckoutSession) -> str | None:
    """Return the address that the merchant already gave, which the buyer does not type again."""
    return email_given(session)


def known_details(session: CheckoutSession) -> dict[str, Any]:
    """Return what is known of the customer before anything is typed, by the attributes of the form."""
    prefilled = session.details.get(PREFILLED_EMAIL)
    customer = named_customer(session)
    if customer is None or customer.deleted:
        return {"email": prefilled} if prefilled else {}
    known = {name: customer.details.get(name) for name in ("phone", "individual_name", "business_name")}
    if session.details.get("billing_address_collection") == "required":
        address = customer.details.get("address") or {}
        known |= {f"billing_{name}": address.get(name) for name in ADDRESS}
    return {attribute: value for attribute, value in known.items() if value}


def recovery_address(session: CheckoutSession) -> str | None:
    """Return where an expired session can be opened anew, None where the merchant did not want that."""
    recovery = (session.after_expiration or {}).get("recovery") or {}
    return recovery.get("url") if recoverable(session) else None


@dataclass(frozen=True, slots=True)
class Refused:
    """A session's last refused try: its codes, and its name, which no other one has."""

    code: str | None
    decline_code: str | None
    name: str


def last_error(session: CheckoutSession) -> Refused | None:
    """Return the session's last refused try, None where there is none."""
    intent = intent_of(session)
    if isinstance(intent, SetupIntent):
        error, attempt_id = intent.last_setup_error, intent.latest_attempt_id
    elif intent is not None:
        error, attempt_id = intent.last_payment_error, None
    if intent is None or not error:
        return None
    return Refused(error.get("code"), error.get("decline_code"), name_of(intent.id, error, attempt_id))
