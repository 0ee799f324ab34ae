"""The port at which a test has the customer act at a bank's page; not every bank offers one.

A stand-in moves nothing by itself: what became of an act is looked up as after any customer's return.
"""

from typing import Literal, Protocol

from kit import database
from payments.bank import Refused, Unknown
from payments.errors import ApiError, InvalidRequest

# approve and refuse what is asked; cancel; let the time run out; leave it to be decided later.
Act = Literal["approve", "refuse", "cancel", "lapse", "leave"]


class StandIn(Protocol):
    """What an adapter offers. It does not raise for what the bank or the line does."""

    def act(self, reference: str, act: Act) -> Refused | Unknown | None:
        """Have the customer of an authorisation act at once; what has ended is left as it is."""


# The acquirer's name -> its stand-in; wired by the composition root.
stand_ins: dict[str, StandIn] = {}


def act(acquirer_name: str, reference: str, act: Act) -> None:
    """Commit what was collected, then have the customer act, with no transaction open.

    Raises InvalidRequest where the acquirer has no stand-in, or it refused; ApiError where it gave no answer.
    """
    stand_in = stand_ins.get(acquirer_name)
    if stand_in is None:
        raise InvalidRequest(
            f"The acquirer {acquirer_name} lets nobody act in a customer's stead; go on at its own page.",
            param="outcome",
            keep=True,
        )
    database.commit()
    told = stand_in.act(reference, act)
    if isinstance(told, Refused):
        raise InvalidRequest(f"The bank refused to act as a customer: {told.reason}.", param="outcome")
    if isinstance(told, Unknown):
        raise ApiError("The bank has not answered; look the Checkout Session up and try again.")
