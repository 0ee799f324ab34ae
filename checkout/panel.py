"""What the testers' panel offers on a page of test mode: each outcome that the session can come to."""

from dataclasses import dataclass
from itertools import groupby

from checkout import frames
from checkout.csrf import token
from checkout.methods import choices
from payments.charging.methods import CARD
from payments.hosted.bring_about import possible
from payments.hosted.checkout_sessions import CheckoutSession, Status
from payments.hosted.outcomes import Outcome

# Stripe's published test numbers that show each kind of outcome.
TEST_CARDS = (
    ("4242 4242 4242 4242", "pays"),
    ("4000 0000 0000 9995", "insufficient funds"),
    ("4000 0027 6000 3184", "3-D Secure asks"),
    ("4000 0000 0000 0002", "no reason given"),
    ("4000 0000 0000 0127", "wrong security code"),
    ("4000 0000 0000 0119", "error of processing"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """Outcomes of one kind."""

    name: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """The panel of one page; `methods` to choose from, none where there is one only."""

    session_id: str
    token: str
    action: str
    groups: tuple[Group, ...]
    methods: tuple[tuple[str, str], ...]
    cards: tuple[tuple[str, str], ...]


def panel_of(session: CheckoutSession) -> Panel | None:
    """Return the panel of a session's page; live mode has none, nor has a page with nothing left to try."""
    if session.livemode:
        return None
    had = possible(session)
    if not had:
        return None
    groups = groupby((outcome for outcome, _ in had), key=lambda outcome: outcome.group)
    types = {name for _, types in had for name in types}
    methods = [(choice.type, str(choice.label)) for choice in choices(session.types) if choice.type in types]
    is_open = session.status == Status.OPEN
    return Panel(
        session_id=session.id,
        token=token(),
        action=frames.address("checkout_testing.complete", session),
        groups=tuple(Group(name, tuple(outcomes)) for name, outcomes in groups),
        methods=tuple(methods) if len(methods) > 1 else (),
        cards=TEST_CARDS if is_open and CARD in types else (),
    )
