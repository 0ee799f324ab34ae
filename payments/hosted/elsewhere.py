"""elsewhere: whether the customer types the card on the acquirer's own page, and not on ours."""

from payments import routing
from payments.hosted.checkout_sessions import CheckoutSession

# The names of acquirers that have such a page; set by the composition root.
HOSTS: set[str] = set()


def pays_elsewhere(session: CheckoutSession) -> bool:
    """Tell whether the acquirer that a card payment of this session goes to takes the card itself."""
    if not HOSTS or session.keeps_card:
        return False
    payment = routing.Payment(
        session.account_id, session.payment_intent_id or session.id, session.currency, brand=None
    )
    route = routing.following(payment, tried=())
    return route is not None and route.acquirer in HOSTS
