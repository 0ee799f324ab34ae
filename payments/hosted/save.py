"""save: the customer's card, typed on the hosted page, is kept for later; no money is taken."""

from payments import bank
from payments.charging.cards import CardDetails
from payments.charging.payment_methods import PaymentMethod
from payments.charging.set_up import set_up
from payments.charging.setup_intents import SetupIntent
from payments.charging.withdraw_setup import withdraw_setup
from payments.errors import InvalidRequest
from payments.hosted import addresses
from payments.hosted.billing import Billing
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.keep_customer import corrected_customer, made_customer


def save(session: CheckoutSession, card: CardDetails, billing: Billing) -> bank.Answer:
    """Try to keep a card; return the bank's answer, recorded, to be committed by the edge.

    Raises InvalidRequest where the session is over, LockTimeout or StaleWrite where another window is at it.
    """
    if not session.is_payable:
        raise InvalidRequest("This Checkout Session is over.", code="checkout_session_closed")
    intent = SetupIntent.find(str(session.setup_intent_id))
    withdraw_setup(intent, "confirmed")  # before anything is changed
    session.customer_details = billing.customer_details()
    session.note_answers(billing.answers)
    if session.details.get("customer_creation") == "always" and session.customer_id is None:
        customer = made_customer(billing)
        session.customer_id = customer.id
        intent.give_to(customer)
    elif session.details.get("customer_creation") == "always":
        corrected_customer(str(session.customer_id), billing)
    method = PaymentMethod.of_card(card, billing=billing.details(), keep=True)
    method.allow_redisplay = "always"  # to keep it is what the customer came for
    return set_up(intent, method, card, return_url=addresses.pay_page(session.id))
