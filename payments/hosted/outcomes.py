"""Every outcome that a test may have of a session, and how a customer comes to it; test mode only.

One table drives the API, the testers' panel, docs/testing.md and the tests. Each row is brought about by what
customers do: a published test card or account, and what is done at the bank's page (docs/testing.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from payments.charging.methods import CARD, METHODS
from payments.stand_ins import Act

# Families of methods beside the card: the customer goes to a bank's page, or the money is collected.
REDIRECT, DEBIT = "redirect", "debit"
FAMILIES = (CARD, REDIRECT, DEBIT)

CHALLENGED_CARD = "4000002760003184"
GOOD_CARD = "4242424242424242"
GOOD_IBAN = "DE89370400440532013000"
UNSUPPORTED_IBAN = "DE20370400440500055555"
HOLDER = "Jenny Rosen"


class End(Enum):
    """How the session stands afterwards: its status, its payment_status, its payment's status."""

    PAID = ("complete", "paid", "succeeded")
    REFUSED = ("open", "unpaid", "requires_payment_method")
    AT_THE_BANK = ("open", "unpaid", "requires_action")
    NOT_KNOWN = ("open", "unpaid", "processing")
    ON_ITS_WAY = ("complete", "unpaid", "processing")
    NEVER_CAME = ("complete", "unpaid", "requires_payment_method")
    EXPIRED = ("expired", "unpaid", None)


@dataclass(frozen=True, slots=True)
class Way:
    """What the customer types, and what is done then at the bank's page, one act after the other."""

    acts: tuple[Act, ...] = ()
    card: str = GOOD_CARD
    holder: str = HOLDER
    iban: str = GOOD_IBAN


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row: `label` is the panel's button, `error` what the refused try is told with, `ways` by family."""

    name: str
    label: str
    group: str
    end: End
    ways: Mapping[str, Way]
    error: str | None = None
    sets_up: bool = False  # it can be had of a session that keeps a card, too

    def way(self, method_type: str) -> Way | None:
        """Return how it is come to by a method, None where it can't be, '' where none is needed."""
        return self.ways.get(family_of(method_type)) if method_type else None


def family_of(method_type: str) -> str:
    """Return the family of a type of payment methods."""
    if method_type == CARD:
        return CARD
    return REDIRECT if METHODS[method_type].redirects else DEBIT


def _declined(code: str, number: str, label: str, *, sets_up: bool = True) -> Outcome:
    way = {CARD: Way(card=number)}
    return Outcome(code, label, "Card declined", End.REFUSED, way, error=code, sets_up=sets_up)


def _challenged(name: str, label: str, end: End, *acts: Act, card: str = CHALLENGED_CARD) -> Outcome:
    error = "payment_intent_authentication_failure" if end is End.REFUSED else None
    way = {CARD: Way(acts, card)}
    return Outcome(name, label, "3-D Secure", end, way, error, sets_up=card == CHALLENGED_CARD)


def _decided_later(name: str, label: str, end: End, *then: Act) -> Outcome:
    ways = {DEBIT: Way(then), REDIRECT: Way(("leave", *then))}
    return Outcome(name, label, "Later", end, ways)


def _after_a_challenge(name: str, label: str, number: str, code: str, *acts: Act) -> Outcome:
    return Outcome(name, label, "3-D Secure", End.REFUSED, {CARD: Way(acts, number)}, error=code)


OUTCOMES: tuple[Outcome, ...] = (
    Outcome(
        "succeeded", "Pays", "Paid", End.PAID, {CARD: Way(), REDIRECT: Way(("approve",))}, sets_up=True
    ),
    Outcome(
        "authenticated_without_challenge", "Pays, 3-D Secure asks nothing", "Paid", End.PAID,
        {CARD: Way(card="4000000032200000")}, sets_up=True,
    ),
    _declined("generic_decline", "4000000000000002", "No reason given"),
    _declined("insufficient_funds", "4000000000009995", "Insufficient funds"),
    _declined("lost_card", "4000000000009987", "Lost card"),
    _declined("stolen_card", "4000000000009979", "Stolen card"),
    _declined("card_velocity_exceeded", "4000000000006975", "Limit reached"),
    _declined("expired_card", "4000000000000069", "Expired"),
    _declined("incorrect_cvc", "4000000000000127", "Wrong security code"),
    _declined("incorrect_number", "4242424242424241", "Wrong number", sets_up=False),
    _declined("processing_error", "4000000000000119", "Error of processing"),
    _declined("fraudulent", "4100000000000019", "Blocked as risky", sets_up=False),
    _challenged("challenge_passed", "Confirms", End.PAID, "approve"),
    _challenged("challenge_failed", "Fails three times", End.REFUSED, "refuse"),
    _challenged("challenge_canceled", "Cancels", End.REFUSED, "cancel"),
    _challenged("challenge_timed_out", "Lets the time run out", End.REFUSED, "lapse"),
    _challenged("challenge_abandoned", "Stays away", End.AT_THE_BANK),
    _after_a_challenge(
        "challenge_passed_insufficient_funds", "Confirms, insufficient funds", "4000008260003178",
        "insufficient_funds", "approve",
    ),
    _after_a_challenge(
        "challenge_passed_generic_decline", "Confirms, no reason given", "4000008400001629",
        "generic_decline", "approve",
    ),
    _after_a_challenge(
        "challenge_unavailable", "Can't be asked", "4000008400001280", "processing_error"
    ),
    Outcome("refused", "Bank or app refuses", "At the bank", End.REFUSED, {REDIRECT: Way(("refuse",))}),
    Outcome(
        "canceled", "Customer cancels", "At the bank", End.REFUSED, {REDIRECT: Way(("cancel",))},
        error="payment_method_customer_decline",
    ),
    Outcome(
        "timed_out", "Time runs out", "At the bank", End.REFUSED, {REDIRECT: Way(("lapse",))},
        error="payment_intent_payment_attempt_expired",
    ),
    Outcome("abandoned", "Customer stays away", "At the bank", End.AT_THE_BANK, {REDIRECT: Way()}),
    Outcome(
        "account_not_supported", "Account takes no debits", "At the bank", End.REFUSED,
        {DEBIT: Way(iban=UNSUPPORTED_IBAN)}, error="sepa_unsupported_account",
    ),
    _decided_later("async_payment_pending", "Taken in, not decided", End.ON_ITS_WAY),
    _decided_later("async_payment_succeeded", "Money comes", End.PAID, "approve"),
    _decided_later("async_payment_failed", "Money never comes", End.NEVER_CAME, "refuse"),
    Outcome(
        "answer_lost", "Bank acts, its answer is lost", "No answer", End.NOT_KNOWN,
        {CARD: Way(holder="ANSWER LOST")},
    ),
    Outcome(
        "request_lost", "Bank never hears of it", "No answer", End.NOT_KNOWN,
        {CARD: Way(holder="REQUEST LOST")},
    ),
    Outcome("expired", "Expires now", "Session", End.EXPIRED, {}, sets_up=True),
)  # fmt: skip
BY_NAME: dict[str, Outcome] = {outcome.name: outcome for outcome in OUTCOMES}
EXPIRED = BY_NAME["expired"]
# Of a session that is complete while its money is still to come.
CONCLUSIONS: dict[str, Act] = {"async_payment_succeeded": "approve", "async_payment_failed": "refuse"}
