"""Answers that never arrive, for whoever tests what follows: the name on the card says which."""

from bank_simulator.errors import Unavailable

# Name on the card, as on a card in capitals -> whether the bank acts before its answer is lost.
NAMES: dict[str, bool] = {"ANSWER LOST": True, "REQUEST LOST": False}


def acts_before(holder_name: str | None) -> bool | None:
    """Whether the bank acts on this request though its answer is lost; None where it is answered."""
    return NAMES.get((holder_name or "").strip().upper())


def lost() -> Unavailable:
    """What the caller gets in the answer's stead."""
    return Unavailable("The answer to this request was lost, as the name on the card asks for.")
