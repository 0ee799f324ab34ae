"""offering: which types of payment methods an intent or a session takes, of those named or of all."""

from typing import Any

from payments.charging.methods import CARD, METHODS, fitting, known_types
from payments.contracts import offers_of
from payments.errors import InvalidRequest
from payments.scope import caller

PARAM = "allowed_payment_method_types"


def terms_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return what narrows the choice beside amount and currency, of an intent's parameters."""
    automatic = given.get("automatic_payment_methods") or {}
    return {
        "manual": given.get("capture_method") == "manual",
        "kept": bool(given.get("setup_future_usage")),
        "redirects": automatic.get("allow_redirects", "always") != "never",
    }


def offered(
    named: list[str] | None,
    amount_minor: int,
    currency: str,
    *,
    manual: bool = False,
    kept: bool = False,
    redirects: bool = True,
) -> list[str]:
    """Return the types named, each once, or all that fit; raises InvalidRequest for one that can't pay this.

    `manual`: the money is captured later; `kept`: the method is to be kept; `redirects`: a bank's page is no
    obstacle.
    """
    if not named:
        every = [CARD, *(name for name in _agreed(currency) if not kept or METHODS[name].keeps)]
        return fitting(every, amount_minor, currency, manual=manual, redirects=redirects)
    types = known_types(named)
    for number, name in enumerate(types):
        reason = _refusal(name, amount_minor, currency, manual=manual, kept=kept)
        if reason is not None:
            raise InvalidRequest(
                reason, code="payment_intent_invalid_parameter" if name in METHODS else None,
                param=f"{PARAM}[{number}]",
            )  # fmt: skip
    return types


def _agreed(currency: str) -> list[str]:
    """Return the other types that an acquirer takes by contract; nobody is shown a way that leads nowhere."""
    offers = offers_of(caller().account_id)
    return [name for name in METHODS if any(offer.unfit(currency, None, name) is None for offer in offers)]


def _refusal(name: str, amount_minor: int, currency: str, *, manual: bool, kept: bool) -> str | None:
    if name == CARD:
        return None
    kind = METHODS.get(name)
    if kind is None:
        return f"Florin does not take payment methods of type {name[:64]} yet."
    if kept and not kind.keeps:
        return f"A payment method of type {name} serves once, so setup_future_usage can't keep it."
    return kind.unfit(amount_minor, currency, manual=manual)
