"""Stripe as an acquirer, through its own SDK: by test tokens, or on Stripe's hosted page (`redirect`).

An authorisation goes in two steps. An intent (or a checkout session) is made, which moves nothing and may
be repeated under its key. Its id is written down; only then it is confirmed, or the customer sent there.
What breaks after that can be looked up; what breaks before was never confirmed, nor will be
(docs/stripe_acquirer.md).
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import stripe

from kit import clock
from kit.admission import Outside
from payments import bank
from payments.acquirers import stripe_answers as answers
from payments.acquirers import stripe_records as records
from payments.acquirers.reading import text
from payments.acquirers.stripe_line import Line, LineFailed
from payments.acquirers.stripe_records import Known
from payments.acquirers.stripe_requests import Requests
from payments.charging import test_tokens

logger = logging.getLogger("florin.stripe")

Mode = Literal["direct", "redirect"]
# Stripe's own decline, in its test mode, of a number that is no test card.
NO_TEST_CARD = bank.Declined("card_declined", "test_mode_live_card")
NOBODY_THERE = bank.Declined("card_declined", "authentication_required")
NO_SUCH_METHOD = bank.Declined("card_declined", "service_not_allowed")
# Pauses before the making of an intent or a session is repeated.
REPEAT_SECONDS = (0.1, 0.4)
# How long the customer has at Stripe; the least that it allows is 30 minutes.
SESSION_SECONDS = 31 * 60


@dataclass(slots=True)
class StripeAcquirer:
    """One Stripe account. `direct` sends a token for the card, `redirect` the customer to Stripe's page."""

    name: str
    requests: Requests
    line: Line
    mode: Mode = "direct"

    def authorize(self, question: bank.Authorize) -> bank.Answer:
        """Ask for an authorisation, captured at once where the question says so."""
        with self.line.question():
            try:
                return self._sent_there(question) if self.mode == "redirect" else self._charged(question)
            except stripe.CardError as error:
                return answers.refused_card(error)
            except stripe.StripeError as error:
                # Whatever was made is bound to nothing, and so will never be confirmed.
                logger.warning("%s was not asked for %s: %s", self.name, question.reference, _reason(error))
                return bank.Unavailable(_reason(error))

    def initiate(self, question: bank.Initiate) -> bank.Answer:  # noqa: ARG002 - a method of the port
        """Decline: this adapter takes cards alone."""
        return NO_SUCH_METHOD

    def capture(self, question: bank.Capture) -> bank.Answer:
        """Capture an authorisation, all or part of it."""
        return self._answered(lambda: self._captured(question))

    def refund(self, question: bank.Refund) -> bank.Answer:
        """Refund a capture, all or part of it."""
        return self._answered(lambda: self._refunded(question))

    def void(self, question: bank.Void) -> bank.Answer:
        """Release an authorisation; one that has no id at Stripe is buried here and will never get one."""
        return self._answered(lambda: self._voided(question.authorization))

    def read_return(self, reference: str, token: str) -> bank.Return:  # noqa: ARG002 - as the port has it
        """Let everybody in who knows the address, which is unguessable: Stripe signs no return."""
        return "good"

    def look_up(self, reference: str) -> bank.Answer:
        """Return how the authorisation of that reference stands at Stripe."""
        return self._answered(lambda: self._truth(reference))

    def _answered(self, ask: Callable[[], bank.Answer]) -> bank.Answer:
        with self.line.question():
            try:
                return ask()
            except stripe.StripeError as error:
                logger.warning("%s gave no answer: %s", self.name, _reason(error))
                return bank.Unknown(_reason(error))
            except answers.UNREADABLE as error:
                return bank.Unknown(f"the answer can't be read: {type(error).__name__}")

    # An authorisation with a test token.

    def _charged(self, question: bank.Authorize) -> bank.Answer:
        token = test_tokens.token_of(question.card.number)
        if token is None:
            return NO_TEST_CARD
        if question.amount_minor == 0:
            return self._verified(question, token)
        intent = self._made(lambda: self.requests.make_intent(question, token))
        if not records.bind(question.reference, payment_intent_id=intent["id"]):
            return answers.NEVER_APPROVED
        return self._answered(lambda: self._confirmed(intent["id"], question))

    def _verified(self, question: bank.Authorize, token: str) -> bank.Answer:
        """Ask whether a card is good. No money can move, so whatever breaks leaves nothing behind."""
        made = self._made(lambda: self.requests.make_setup(question))
        status = self.requests.confirm_setup(made["id"], question, token).get("status")
        if status not in ("succeeded", "requires_action"):  # a card that must authenticate may be kept
            return bank.Unavailable(f"the setup intent is {status!r}"[:200])
        return bank.Authorized(0, question.currency, 0, None, None, bank.CardFacts())

    def _confirmed(self, intent_id: str, question: bank.Authorize) -> bank.Answer:
        try:
            answer = answers.of_intent(self.requests.confirm_intent(intent_id, question))
        except stripe.CardError as error:
            return answers.refused_card(error)
        except stripe.InvalidRequestError as error:
            logger.warning("%s refused to confirm %s: %s", self.name, question.reference, _reason(error))
            unavailable = bank.Unavailable(_reason(error))
            return self._ended(question.reference, self._truth(question.reference), unavailable)
        except stripe.StripeError as error:
            if not answers.surely_not_done(error):
                raise
            return bank.Unavailable(_reason(error))
        # Not found: an action that no address leads to.
        return self._ended(question.reference, answer, NOBODY_THERE)

    def _ended(self, reference: str, answer: bank.Answer, otherwise: bank.Answer) -> bank.Answer:
        """Return the answer; where nobody was asked for money, what to say once nobody can be any more."""
        if not isinstance(answer, bank.NotFound):
            return answer
        return otherwise if isinstance(self._voided(reference), bank.Done) else bank.Unknown("still open")

    # An authorisation on Stripe's own page.

    def _sent_there(self, question: bank.Authorize) -> bank.Answer:
        if question.return_url is None or question.initiator == "merchant":
            return NOBODY_THERE
        expires_at = clock.now() + SESSION_SECONDS
        session = self._made(lambda: self.requests.make_session(question, expires_at))
        if not records.bind(question.reference, checkout_session_id=session["id"]):
            return answers.NEVER_APPROVED
        return self._answered(lambda: answers.of_session(session))

    def _made(self, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Make something that moves no money; a lost answer is asked for again under the same key."""
        for pause in REPEAT_SECONDS:
            try:
                return _with_id(make())
            except (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError) as error:
                logger.info("%s is asked again: %s", self.name, _reason(error))
            if self.line.seconds_left() > pause:
                with Outside():
                    time.sleep(pause)
        return _with_id(make())

    # Afterwards.

    def _truth(self, reference: str) -> bank.Answer:
        known = records.find(reference)
        if known is None or known.buried:
            return bank.NotFound()
        if known.checkout_session_id is not None:
            session = self.requests.session(known.checkout_session_id)
            if session["status"] == "complete" and isinstance(session["payment_intent"], dict):
                # Disputes and refunds will name the intent, which came to be while the customer paid.
                records.bind(reference, payment_intent_id=text(session["payment_intent"]["id"]))
            return answers.of_session(session)
        return answers.of_intent(self.requests.intent(str(known.payment_intent_id)))

    def _captured(self, question: bank.Capture) -> bank.Answer:
        intent_id = self._intent_id(records.find(question.authorization))
        if intent_id is None:
            return bank.Refused("not_authorized")
        try:
            intent = self.requests.capture(intent_id, question.amount_minor)
        except stripe.InvalidRequestError as error:
            # It may have been captured by an earlier question of this reference, whose answer was lost.
            intent = self.requests.intent(intent_id)
            if intent["status"] != "succeeded":
                return bank.Refused(answers.error_code(error) or "invalid_request")
        if (intent["status"], intent["amount_received"]) == ("succeeded", question.amount_minor):
            return bank.Done()
        if intent["status"] == "succeeded":
            return bank.Refused("already_captured")
        return bank.Unknown(f"the intent is {intent['status']!r} after its capture"[:200])

    def _refunded(self, question: bank.Refund) -> bank.Answer:
        intent_id = self._intent_id(records.find(question.authorization))
        if intent_id is None:
            return bank.Refused("not_captured")
        # Keys are forgotten after a day; our reference on the refund never is.
        refund = self.requests.refund_known(intent_id, question.reference)
        if refund is None:
            try:
                refund = self.requests.make_refund(intent_id, question)
            except stripe.InvalidRequestError as error:
                return bank.Refused(answers.error_code(error) or "invalid_request")
        return answers.of_refund(refund, question.amount_minor)

    def _voided(self, reference: str) -> bank.Answer:
        known = records.find(reference)
        if known is None or (known.payment_intent_id is None and known.checkout_session_id is None):
            if records.bury(reference):
                return bank.Done()
            known = records.find(reference)  # bound in this very moment
        if known is not None and known.checkout_session_id is not None:
            self._close_session(known.checkout_session_id)
        intent_id = self._intent_id(known)
        return bank.Done() if intent_id is None else self._canceled(intent_id)

    def _close_session(self, session_id: str) -> None:
        """Close Stripe's page; where the customer was faster, its intent tells how far that went."""
        try:
            self.requests.expire(session_id)
        except stripe.InvalidRequestError:
            if self.requests.session(session_id)["status"] == "open":
                raise

    def _canceled(self, intent_id: str) -> bank.Answer:
        try:
            intent = self.requests.cancel(intent_id)
        except stripe.InvalidRequestError:
            intent = self.requests.intent(intent_id)
        match intent["status"]:
            case "canceled":
                return bank.Done()
            case "succeeded":
                return bank.Refused("already_captured")
            case other:
                return bank.Unknown(f"the intent is {other!r}"[:200])

    def _intent_id(self, known: Known | None) -> str | None:
        """Return the intent of a payment; that of a checkout session comes to be while the customer pays."""
        if known is None:
            return None
        if known.payment_intent_id is not None or known.checkout_session_id is None:
            return known.payment_intent_id
        intent = self.requests.session(known.checkout_session_id)["payment_intent"]
        return None if intent is None else text(intent["id"])


def _with_id(made: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(made.get("id"), str):
        raise LineFailed("the answer has no id", sent=True)
    return made


def _reason(error: stripe.StripeError) -> str:
    return answers.reason_of(error)
