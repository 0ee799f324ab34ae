"""routing: which acquirer a payment goes to, in what order others follow, and why.

The contracts that fit the payment are ordered by priority; among equals the weights decide by a stable
hash of the intent's id, so that the same payment takes the same way in every process and at every time.
"""

import hashlib
import math
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from payments import bank, breakers
from payments.contracts import Offer, offers_of
from payments.errors import InvalidRequest

MAXIMUM_TRIES = 3  # of one confirmation, each at another acquirer


class Severity(StrEnum):
    """Whether another acquirer may be asked after a decline."""

    HARD = "hard"
    SOFT = "soft"


# The issuer's no holds at every acquirer: asking elsewhere is useless, and the schemes fine it. Soft is only
# what the acquirer, or the way to the issuer, said no to. A code that is not listed is hard.
DECLINES: dict[str, Severity] = {
    "approve_with_id": Severity.SOFT,
    "card_not_supported": Severity.SOFT,
    "currency_not_supported": Severity.SOFT,
    "invalid_amount": Severity.SOFT,
    "issuer_not_available": Severity.SOFT,
    "processing_error": Severity.SOFT,
    "reenter_transaction": Severity.SOFT,
    "service_not_allowed": Severity.SOFT,
    "try_again_later": Severity.SOFT,
    "authentication_required": Severity.HARD,
    "call_issuer": Severity.HARD,
    "card_velocity_exceeded": Severity.HARD,
    "do_not_honor": Severity.HARD,
    "expired_card": Severity.HARD,
    "fraudulent": Severity.HARD,
    "generic_decline": Severity.HARD,
    "incorrect_cvc": Severity.HARD,
    "incorrect_number": Severity.HARD,
    "insufficient_funds": Severity.HARD,
    "lost_card": Severity.HARD,
    "stolen_card": Severity.HARD,
}
DO_NOT_TRY_AGAIN = "do_not_try_again"  # the network's own advice stands above the table


@dataclass(frozen=True, slots=True)
class Payment:
    """What routing knows of a payment."""

    account_id: str
    intent_id: str
    currency: str
    brand: str | None
    method: str = "card"


@dataclass(frozen=True, slots=True)
class Route:
    """The acquirer that is asked next, the merchant's id there, and the reason, as the audit row gives it."""

    acquirer: str
    merchant_id: str
    contract_id: str
    why: str


def first(payment: Payment) -> Route:
    """Return where a payment goes first; raises InvalidRequest where no contract takes it."""
    route = following(payment, tried=())
    if route is not None:
        return route
    offered = offers_of(payment.account_id)
    if not offered:
        raise InvalidRequest(
            "This account has no contract with an acquirer, so it cannot take payments yet. Sign one first "
            "(`florin contracts sign`).",
            code="account_invalid",
        )
    refusals = ", ".join(f"{offer.acquirer}: {_refusal(offer, payment)}" for offer in offered)
    what = f"{payment.brand} {payment.method}" if payment.brand else payment.method
    raise InvalidRequest(
        f"None of this account's acquirers takes {what} payments in {payment.currency} ({refusals}).",
        code="payment_method_not_available",
        param="payment_method",
    )


def following(payment: Payment, tried: Collection[str]) -> Route | None:
    """Return the acquirer to ask after those that were tried; None where there is none left."""
    if len(tried) >= MAXIMUM_TRIES:
        return None
    offers = [offer for offer in offers_of(payment.account_id) if offer.acquirer not in tried]
    fitting = [offer for offer in offers if _refusal(offer, payment) is None]
    if not fitting:
        return None
    # An acquirer that does not answer comes last: where it is the only one, the payment is its probe.
    fitting.sort(key=lambda offer: (breakers.is_open(offer.acquirer), offer.priority, _draw(offer, payment)))
    chosen = fitting[0]
    return Route(chosen.acquirer, chosen.merchant_id, chosen.contract_id, _why(chosen, fitting, payment))


def may_follow(answer: bank.Answer) -> bool:
    """Tell whether another acquirer may be asked: this one has certainly not taken the money, nor will it."""
    match answer:
        case bank.Unavailable():
            return True
        case bank.Declined():
            return severity_of(answer) is Severity.SOFT
        case _:
            return False


def severity_of(declined: bank.Declined) -> Severity:
    """Return how final a decline is."""
    if declined.advice_code == DO_NOT_TRY_AGAIN or declined.facts.blocked:
        return Severity.HARD
    return DECLINES.get(declined.decline_code or declined.code, Severity.HARD)


def _refusal(offer: Offer, payment: Payment) -> str | None:
    if offer.acquirer not in bank.acquirers:
        return "not connected"
    return offer.unfit(payment.currency, payment.brand, payment.method)


def _draw(offer: Offer, payment: Payment) -> float:
    """Return the offer's lot: the smallest wins, as often as its weight says (rendezvous hashing)."""
    lot = f"{payment.intent_id}:{offer.contract_id}".encode()
    number = int.from_bytes(hashlib.blake2b(lot, digest_size=8).digest())
    return -math.log((number + 1) / (2**64 + 1)) / offer.weight


def _why(chosen: Offer, fitting: list[Offer], payment: Payment) -> str:
    equals = [offer for offer in fitting if offer.priority == chosen.priority]
    what = "/".join(filter(None, (payment.currency, payment.brand, payment.method)))
    reasons = [f"{len(fitting)} fit {what}", f"priority {chosen.priority}"]
    if len(equals) > 1:
        total = sum(offer.weight for offer in equals)
        reasons.append(f"weight {chosen.weight} of {total}, drawn by the intent's id")
    resting = [offer.acquirer for offer in fitting if breakers.is_open(offer.acquirer)]
    if resting:
        reasons.append(f"not answering: {', '.join(resting)}")
    return "; ".join(reasons)
