"""A browser that confirms with a publishable key is a customer, and tries as often as one may."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from payments.charging import tries
from payments.charging.cards import CardDetails
from payments.charging.confirmation_tokens import ConfirmationToken
from payments.charging.payment_intents import PaymentIntent
from payments.charging.payment_methods import PaymentMethod
from payments.charging.setup_intents import SetupIntent
from payments.errors import RateLimited, StripeError
from payments.scope import caller


class Answered(Protocol):
    """An answer that is about to go out."""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Return its headers."""


Told = TypeVar("Told", bound=Answered)
Confirmed = TypeVar("Confirmed", PaymentIntent, SetupIntent)


def within_limits(intent_id: str, given: dict[str, Any], confirm: Callable[[], Confirmed]) -> Confirmed:
    """Confirm an intent; raises TooManyTries before anything is changed. A secret key is not limited."""
    if not caller().publishable:
        return confirm()
    with _counted(intent_id, given):
        return confirm()


def _counted(intent_id: str, given: dict[str, Any]) -> AbstractContextManager[None]:
    typed = ((given.get("payment_method_data") or {}).get("card") or {}).get("number")
    if typed:
        number = "".join(filter(str.isdigit, str(typed)))[:19]
        return tries.tried(intent_id, CardDetails(number, exp_month=0, exp_year=0))
    token = ConfirmationToken.peek(str(given.get("confirmation_token") or ""))
    method_id = given.get("payment_method") or (token.payment_method_id if token else "")
    method = PaymentMethod.peek(str(method_id))
    return tries.tried(intent_id, fingerprint=method.card.get("fingerprint") if method else None)


def with_wait(answer: Told, error: StripeError) -> Told:
    """Return a refusal that says in its head when to come again, where there is such a time."""
    if isinstance(error, RateLimited) and error.retry_after_seconds:
        answer.headers.append(("Retry-After", str(error.retry_after_seconds)))
    return answer
