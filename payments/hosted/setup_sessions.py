"""setup sessions: a visit to the hosted page that keeps a card and takes no money."""

from typing import Any

from kit.ids import new_id
from payments.charging.setup_intents import SetupIntent
from payments.hosted.checkout_sessions import ECHOED, CheckoutSession, PaymentStatus, Status
from payments.hosted.opening_rules import SETUP, check_words, currency_of, customer_of, expiry_of, recovery_of
from payments.hosted.ways_back import embedding_of, onward_of, own_page
from payments.resource import merged_metadata

# Given to the session, and by it to its setup intent.
OF_INTENT = ("allowed_payment_method_types", "payment_method_options")


def open_setup(
    params: dict[str, Any], *, livemode: bool, recovered_from: str | None = None
) -> CheckoutSession:
    """Collect a new session with its setup intent; raises InvalidRequest naming the parameter."""
    check_words(params)
    session_id = new_id("cs_live_" if livemode else "cs_test_")
    customer_id = customer_of(params)
    asked = {name: params[name] for name in OF_INTENT if params.get(name)}
    asked |= params.get("setup_intent_data") or {}
    intent = SetupIntent.create(asked | {"customer": customer_id}, checkout_session_id=session_id)
    return CheckoutSession.new(
        id=session_id,
        status=Status.OPEN.value,
        payment_status=PaymentStatus.NO_PAYMENT_REQUIRED.value,
        mode=SETUP,
        currency=currency_of(params) or "",
        payment_method_types=intent.payment_method_types,
        amount_subtotal=0,
        amount_total=0,
        expires_at=expiry_of(params),
        success_url=onward_of(params),
        cancel_url=params.get("cancel_url") or None,
        customer_id=customer_id,
        setup_intent_id=intent.id,
        recovered_from=recovered_from,
        customer_details=None,
        collected=None,
        after_expiration=recovery_of(params),
        intent_data=asked,
        details={name: params[name] for name in ECHOED if params.get(name) is not None}
        | embedding_of(session_id, params),
        metadata_=merged_metadata({}, params.get("metadata") or {}),
    )


def open_again(session: CheckoutSession, customer_id: str | None) -> CheckoutSession:
    """Collect a session that offers once more what an expired one has offered."""
    asked = dict(session.intent_data)
    given = {
        **{name: session.details[name] for name in ECHOED if name in session.details},
        **{name: asked.pop(name) for name in OF_INTENT if name in asked},
        "mode": SETUP,
        "currency": session.currency,
        "setup_intent_data": asked,
        "success_url": session.success_url or own_page(),
        "cancel_url": session.cancel_url,
        "customer": customer_id,
        "metadata": session.metadata_,
    }
    return open_setup(given, livemode=session.livemode, recovered_from=session.id)
