"""The port to acquiring banks: what may be asked, what may be answered, and `ask`.

Every answer is a value. Unknown means that money may have moved: nobody may guess, only look up.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from kit import database
from payments import breakers
from payments.charging.cards import CardDetails

CheckResult = Literal["pass", "fail", "unavailable", "unchecked"]


@dataclass(frozen=True, slots=True)
class Address:
    """The billing address that the issuer may check."""

    line1: str | None = None
    postal_code: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Authorize:
    """May this card pay this amount? `capture` takes the money at once."""

    reference: str
    amount_minor: int
    currency: str
    capture: bool
    card: CardDetails
    address: Address = field(default_factory=Address)
    initiator: Literal["customer", "merchant"] = "customer"
    return_url: str | None = None  # None: nobody is there to be sent to the issuer's page and back
    three_d_secure: Literal["automatic", "any", "challenge"] = "automatic"
    sets_up: bool = False  # the card is to be kept for later payments
    set_up_by: str | None = None  # the network's transaction by which it was
    merchant_id: str = "florin"  # by which the acquirer knows the merchant
    descriptor: str | None = None  # the merchant's name, as the issuer's page shows it
    browser_language: str | None = None  # of the customer, by BCP 47, for the issuer's page


@dataclass(frozen=True, slots=True)
class Initiate:
    """May this much be taken by a method other than a card? `details` are what that method asks for."""

    reference: str
    amount_minor: int
    currency: str
    method: str
    details: dict[str, str] = field(default_factory=dict, repr=False)
    capture: bool = True
    return_url: str | None = None
    descriptor: str | None = None
    browser_language: str | None = None
    merchant_id: str = "florin"


@dataclass(frozen=True, slots=True)
class Capture:
    """Take all or part of what was authorised; the rest is released."""

    reference: str
    authorization: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Refund:
    """Give back all or part of what was captured."""

    reference: str
    authorization: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Void:
    """Release an authorisation; of an unknown one it leaves a tombstone, so that it can never stand."""

    authorization: str


Question = Authorize | Initiate | Capture | Refund | Void


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the network told of the card."""

    network: str | None = None
    country: str | None = None
    funding: str | None = None
    cvc_check: str | None = None
    address_line1_check: str | None = None
    address_postal_code_check: str | None = None
    risk_level: str = "normal"
    risk_score: int | None = None
    blocked: bool = False
    three_d_secure: dict[str, Any] | None = None  # result, version, ... in Stripe's words
    method: dict[str, Any] = field(default_factory=dict)  # what a bank told of another means than a card
    # Brand, last four and expiry of a card that was typed on the acquirer's own page.
    card: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Authorized:
    """The issuer approved; `captured_minor` is what has been taken so far."""

    amount_minor: int
    currency: str
    captured_minor: int
    authorization_code: str | None
    network_transaction_id: str | None
    facts: CardFacts


@dataclass(frozen=True, slots=True)
class Declined:
    """The issuer, or a rule before it, said no: no money has moved."""

    code: str
    decline_code: str | None
    network_decline_code: str | None = None
    advice_code: str | None = None
    facts: CardFacts = field(default_factory=CardFacts)


@dataclass(frozen=True, slots=True)
class ChallengeRequired:
    """The customer must act at `url`, an issuer's or a bank's own page; the authorisation ends there."""

    url: str
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """Accepted; whether the money comes is known later."""

    facts: CardFacts = field(default_factory=CardFacts)


@dataclass(frozen=True, slots=True)
class Done:
    """A capture, refund or void was carried out; `acquirer_reference` is the ARN of its movement."""

    acquirer_reference: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A capture, refund or void was not carried out, for a reason of the bank's."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """The bank has never seen the reference."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The acquirer was not reached, or says that it did nothing: surely no money has moved, nor will it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No readable answer: the bank may or may not have acted."""

    reason: str


Answer = (
    Authorized | Declined | ChallengeRequired | Pending | Done | Refused | NotFound | Unavailable | Unknown
)


# What a customer brings back from a bank's page: its word, its word of long ago, or nothing of the kind.
Return = Literal["good", "expired", "bad"]


class Acquirer(Protocol):
    """What an adapter offers. None of its methods raises for what the bank or the line does."""

    name: str

    def authorize(self, question: Authorize) -> Answer:
        """Ask for an authorisation."""

    def initiate(self, question: Initiate) -> Answer:
        """Ask for a payment by a method other than a card."""

    def capture(self, question: Capture) -> Answer:
        """Capture an authorisation."""

    def refund(self, question: Refund) -> Answer:
        """Refund a capture."""

    def void(self, question: Void) -> Answer:
        """Release an authorisation."""

    def look_up(self, reference: str) -> Answer:
        """Return how the authorisation of that reference stands at the bank."""

    def read_return(self, reference: str, token: str) -> Return:
        """Tell whether a customer who comes back brings this acquirer's word that it is about `reference`."""


AUTHENTICATION_FAILED = "authentication_failed"  # the code of a decline before any issuer was asked

acquirers: dict[str, Acquirer] = {}


# The authorisation's way is open, and the bank alone knows its end.
Open = ChallengeRequired | Pending

LAST_QUESTION, LAST_ANSWER = "last_question", "last_answer"  # in the session's own notes


def ask(acquirer_name: str, question: Question) -> Answer:
    """Commit the claim, then ask once, with no transaction open and no connection held."""
    database.commit()
    database.db.session.info[LAST_QUESTION] = question
    answer = _answer_of(acquirers[acquirer_name], question)
    breakers.note(acquirer_name, answered=not isinstance(answer, Unavailable | Unknown))
    database.db.session.info[LAST_ANSWER] = (question, answer)
    return answer


def look_up(acquirer_name: str, reference: str) -> Answer:
    """Return how an authorisation stands; no transaction is open and no connection held meanwhile."""
    database.commit()
    answer = acquirers[acquirer_name].look_up(reference)
    breakers.note(acquirer_name, answered=not isinstance(answer, Unavailable | Unknown))
    return answer


def last_question() -> Question | None:
    """Return what was asked last in this session, whether or not an answer has come."""
    asked: Question | None = database.db.session.info.get(LAST_QUESTION)
    return asked


def last_answer() -> tuple[Question, Answer] | None:
    """Return what was asked last in this session, and its answer."""
    asked: tuple[Question, Answer] | None = database.db.session.info.get(LAST_ANSWER)
    return asked


def _answer_of(acquirer: Acquirer, question: Question) -> Answer:
    match question:
        case Authorize():
            return acquirer.authorize(question)
        case Initiate():
            return acquirer.initiate(question)
        case Capture():
            return acquirer.capture(question)
        case Refund():
            return acquirer.refund(question)
        case Void():
            return acquirer.void(question)
