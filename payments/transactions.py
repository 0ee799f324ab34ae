"""One flat view of sessions, intents, charges and refunds: what a status query answers."""

from typing import Any

from payments.charging.charges import Charge, shown_intent
from payments.charging.payment_intents import PaymentIntent
from payments.charging.payment_intents import Status as IntentStatus
from payments.charging.refunds import Refund
from payments.errors import NotFound
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.checkout_sessions import Status as SessionStatus

Transaction = CheckoutSession | PaymentIntent | Charge | Refund
NOUNS: dict[str, type[Transaction]] = {
    "cs": CheckoutSession, "pi": PaymentIntent, "ch": Charge, "re": Refund,
}  # fmt: skip
INTENT_WORDS = {
    IntentStatus.REQUIRES_PAYMENT_METHOD: "awaiting_payment",
    IntentStatus.REQUIRES_CONFIRMATION: "awaiting_payment",
    IntentStatus.REQUIRES_ACTION: "requires_action",
    IntentStatus.PROCESSING: "processing",
    IntentStatus.REQUIRES_CAPTURE: "authorized",
    IntentStatus.SUCCEEDED: "paid",
    IntentStatus.CANCELED: "canceled",
}


def find(transaction_id: str, *, param: str) -> Transaction:
    """Return the caller's transaction of any kind; raises the same NotFound for absent and foreign ones."""
    noun = NOUNS.get(transaction_id.partition("_")[0])
    found = noun.peek(transaction_id) if noun else None
    if found is None:
        raise NotFound("transaction", transaction_id, param=param)
    return found


def intent_of(noun: Transaction) -> PaymentIntent:
    """Return the payment intent that a transaction belongs to; raises NotFound before there is one."""
    intent_id = noun.id if isinstance(noun, PaymentIntent) else noun.payment_intent_id
    return PaymentIntent.find(str(intent_id))


def describe(noun: Transaction) -> dict[str, Any]:
    """Return the flat view: amounts in minor units, `status` in one vocabulary for all kinds."""
    match noun:
        case CheckoutSession():
            known = _of_session(noun)
        case PaymentIntent():
            known = _of_intent(noun)
        case Charge():
            known = _of_charge(noun)
        case Refund():
            known = {
                "status": noun.status,
                "charge": noun.charge_id,
                "payment_intent": shown_intent(noun.payment_intent_id),
            }
    blank = dict.fromkeys(
        ("amount_captured", "amount_refunded", "charge", "checkout_url", "expires_at", "last_error",
         "payment_intent", "redirect_url")
    )  # fmt: skip
    common = {
        "transaction_id": noun.id,
        "object": noun.object_name,
        "amount": noun.amount_total if isinstance(noun, CheckoutSession) else noun.amount,
        "currency": noun.currency or None,
        "created": noun.created,
        "livemode": noun.livemode,
    }
    return blank | common | known


def _of_session(session: CheckoutSession) -> dict[str, Any]:
    own = {
        "checkout_url": session.address,
        "expires_at": session.expires_at,
        "payment_intent": session.payment_intent_id,
    }
    if session.keeps_card:
        saved = session.status == SessionStatus.COMPLETE
        open_word = "awaiting_card" if session.is_payable else "expired"
        return own | {"status": "card_saved" if saved else open_word}
    if session.payment_intent_id is None and session.status == SessionStatus.COMPLETE:
        return own | {"status": "paid"}  # with what a discount has left to pay, which is nothing
    if session.payment_intent_id is None:
        return own | {"status": "awaiting_payment" if session.is_payable else "expired"}
    known = _of_intent(PaymentIntent.find(session.payment_intent_id))
    if session.status == SessionStatus.EXPIRED:
        known["status"] = "expired"
    return known | own


def _of_intent(intent: PaymentIntent) -> dict[str, Any]:
    known: dict[str, Any] = {
        "status": INTENT_WORDS[IntentStatus(intent.status)],
        "payment_intent": intent.id,
        "charge": intent.latest_charge_id,
        "last_error": _last_error(intent),
        "amount_captured": intent.amount_received,
        "amount_refunded": 0,
        "redirect_url": ((intent.next_action or {}).get("redirect_to_url") or {}).get("url"),
    }
    if intent.latest_charge_id is not None and intent.amount_received:
        charge = Charge.find(intent.latest_charge_id)
        known |= {"amount_refunded": charge.amount_refunded, "status": _of_charge(charge)["status"]}
    return known


def _last_error(intent: PaymentIntent) -> dict[str, Any] | None:
    told = intent.last_payment_error
    return told and {name: told.get(name) for name in ("code", "decline_code", "message")}


def _of_charge(charge: Charge) -> dict[str, Any]:
    if charge.status == "failed":
        status = "failed"
    elif not charge.captured:
        status = "canceled" if charge.voided else "authorized"
    elif charge.amount_refunded == 0:
        status = "paid"
    else:
        status = "refunded" if charge.refundable == 0 else "partially_refunded"
    return {
        "status": status,
        "payment_intent": shown_intent(charge.payment_intent_id),
        "charge": charge.id,
        "amount_captured": charge.amount_captured,
        "amount_refunded": charge.amount_refunded,
    }
