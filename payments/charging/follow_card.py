"""follow_card: an issuer has renewed a card, and those that merchants keep of it are brought up to date.

The bank names a payment, or a setup, by which it knows the card. All that its merchant keeps of that card is
updated, to a later month only: what was told before, or comes late, changes nothing.
"""

from sqlalchemy import literal_column

from kit.database import db
from payments import audit, cases, events
from payments.cases import CardFacts, NotYet, TellsCardUpdates
from payments.charging import old_cards
from payments.charging.attempts import Attempt, Kind
from payments.charging.charges import Charge
from payments.charging.method_indexes import FINGERPRINT
from payments.charging.payment_methods import PaymentMethod
from payments.charging.setup_attempts import SetupAttempt
from payments.customers.sources import Source
from payments.scope import acting_as, system


def follow(acquirer: str, update_id: str) -> None:
    """Fetch an update and collect what it changes; a handler of notices (payments/notices.py).

    Does nothing for a payment that is not ours. Raises NotYet where that can't be told at the moment.
    """
    desk = cases.desks[acquirer]
    if not isinstance(desk, TellsCardUpdates):
        return
    facts = cases.fetch(acquirer, lambda _: desk.card_update(update_id))
    attempt = db.session.get(Attempt, facts.authorization) if facts is not None else None
    if facts is None or attempt is None or attempt.acquirer != acquirer:
        return
    with acting_as(system(attempt.account_id, livemode=attempt.livemode)):
        for method in _kept_of(_fingerprint(attempt)):
            _renew(method, facts)


def _fingerprint(attempt: Attempt) -> str | None:
    tried = (SetupAttempt if attempt.kind == Kind.VERIFY else Charge).peek(attempt.charge_id)
    if tried is None:
        raise NotYet("the payment itself has not been recorded yet")
    return tried.card.get("fingerprint")


def _kept_of(fingerprint: str | None) -> list[PaymentMethod]:
    """Return what the merchant keeps of a card, for all of their customers."""
    if fingerprint is None:
        return []
    row = PaymentMethod
    kept = row.mine().where(
        row.customer_id.is_not(None), literal_column(FINGERPRINT[db.engine.dialect.name]) == fingerprint
    )
    return list(db.session.scalars(kept.order_by(row.id)))


def _renew(method: PaymentMethod, facts: CardFacts) -> None:
    new, known = (facts.exp_year, facts.exp_month), (method.card["exp_year"], method.card["exp_month"])
    if new <= known:
        return
    is_source = method.id.startswith(old_cards.PREFIX)
    shown, event_type = (
        (Source(method), "customer.source.updated")
        if is_source
        else (method, "payment_method.automatically_updated")
    )
    before = shown.as_stripe()
    method.card = method.card | {"exp_month": facts.exp_month, "exp_year": facts.exp_year}
    audit.record("payment_method.automatically_updated", method.id)
    events.record_update(shown, before, event_type)
