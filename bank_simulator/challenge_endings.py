"""What the issuer's page says of a challenge that is over, of a payment or of a card that is to be kept."""

from dataclasses import dataclass

from bank_simulator.languages import N_, Words


@dataclass(frozen=True)
class Ending:
    """Its title, and what has become of the money."""

    title: Words
    words: Words


OF_A_PAYMENT = {
    "passed": Ending(
        N_("Thank you"), N_("You have confirmed this payment. The shop tells you whether it went through.")
    ),
    "rejected": Ending(
        N_("We could not confirm that it is you"),
        N_("This payment was stopped, and no money has been taken."),
    ),
    "canceled": Ending(
        N_("Payment cancelled"), N_("You have cancelled this payment, and no money has been taken.")
    ),
    "timed_out": Ending(
        N_("The time is over"),
        N_("Nobody confirmed this payment in time, so it was stopped. No money has been taken."),
    ),
    "withdrawn": Ending(
        N_("Nothing left to confirm"),
        N_("This payment was taken back before it was confirmed. No money has been taken for it."),
    ),
}
OF_A_CARD = {
    "passed": Ending(
        N_("Thank you"),
        N_("You have confirmed that this is your card. The shop tells you whether it was kept."),
    ),
    "rejected": Ending(
        N_("We could not confirm that it is you"),
        N_("The card was not kept, and no money has been taken."),
    ),
    "canceled": Ending(N_("Cancelled"), N_("The card is not kept, and no money has been taken.")),
    "timed_out": Ending(
        N_("The time is over"),
        N_("Nobody confirmed this in time, so the card was not kept. No money has been taken."),
    ),
    "withdrawn": Ending(
        N_("Nothing left to confirm"),
        N_("This was taken back before it was confirmed. No money has been taken."),
    ),
}


def ending_of(state: str, *, keeps_card: bool) -> Ending | None:
    """What is said of a state, None while the challenge is open."""
    return (OF_A_CARD if keeps_card else OF_A_PAYMENT).get(state)
