"""3-D Secure before the issuer is asked: whether the card's holder has to prove who they are, and how."""

import uuid
from dataclasses import dataclass
from typing import Any, Literal

from bank_simulator.cards import Card, ChallengeKind
from bank_simulator.network import LOOKUP_FAILED

Facts = dict[str, str | None]

VERSION = "2.2.0"

# Electronic commerce indicator: (fully authenticated, attempted, not authenticated); the networks' own codes.
MASTERCARD_ECI = ("02", "01", None)
OTHER_ECI = ("05", "06", "07")


@dataclass(frozen=True)
class Authentication:
    """What 3-D Secure came to. `challenge`: first that one. `refusal`: the response code of a decline.

    `facts` are for the charge, in the words of Stripe's `three_d_secure`; None where nobody asked for any.
    """

    challenge: ChallengeKind | None = None
    refusal: str | None = None
    facts: Facts | None = None

    @property
    def done(self) -> bool:
        """Whether the issuer may take the holder as proven, once a challenge is passed."""
        return self.challenge is not None or self.facts is not None


NOT_TRIED = Authentication()


def authenticate(
    card: Card, wish: str, *, customer_there: bool, set_up: bool, verification: bool = False
) -> Authentication:
    """Asks the issuer's access control server, for a holder who can be sent to its page.

    `set_up` says that the merchant kept the card in an earlier payment that was authenticated,
    `verification` that nothing is paid now.
    """
    if not customer_there:
        return NOT_TRIED
    needed = _needed(card, set_up=set_up, verification=verification)
    wanted = wish != "automatic"
    if card.lookup_fails and (needed or wanted):
        facts = _facts("processing_error", "protocol_error")
        return Authentication(refusal=LOOKUP_FAILED if needed else None, facts=facts)
    if card.authentication == "frictionless":
        return Authentication(facts=authenticated(card.brand, "frictionless"))
    if needed or (wanted and card.authentication != "none"):
        return Authentication(challenge=card.challenge)
    if not wanted:
        return NOT_TRIED
    if not card.three_d_secure:
        return Authentication(facts=_facts("not_supported", "network_not_supported", version=None))
    # The network vouches for the attempt, and so for who bears a fraud, though the holder never enrolled.
    attempted = _facts("attempt_acknowledged", "card_not_enrolled", eci=_eci(card.brand)[1])
    return Authentication(facts=attempted)


def authenticated(brand: str, flow: Literal["challenge", "frictionless"]) -> Facts:
    return _facts("authenticated", None, eci=_eci(brand)[0]) | {"authentication_flow": flow}


def failed(brand: str, reason: str) -> Facts:
    """`reason` is rejected, canceled or abandoned."""
    return _facts("failed", reason, eci=_eci(brand)[2]) | {"authentication_flow": "challenge"}


def _needed(card: Card, *, set_up: bool, verification: bool) -> bool:
    match card.authentication:
        case "always":
            return True
        case "on_session":
            return not verification
        case "unless_set_up":
            return not set_up
        case _:
            return False


def _facts(
    result: str, reason: str | None, *, eci: str | None = None, version: str | None = VERSION
) -> dict[str, Any]:
    return {
        "authentication_flow": None,
        "electronic_commerce_indicator": eci,
        "exemption_indicator": None,
        "result": result,
        "result_reason": reason,
        "transaction_id": str(uuid.uuid4()) if version is not None else None,  # the directory server's
        "version": version,
    }


def _eci(brand: str) -> tuple[str | None, str | None, str | None]:
    return MASTERCARD_ECI if brand == "mastercard" else OTHER_ECI
