"""How often a customer may try to pay, against those who test stolen cards on a merchant's page.

Whoever tests cards wants to learn from the answers. So a limit that is met answers before any bank is asked:
with the same status, words and wait for every card, good or bad, and whichever limit it was. Before that, the
reasons of declines are told only so often; after that every decline reads alike. What succeeds is given
back: customers who pay, many from one address or with one bank's cards, never use a limit up.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Literal

from kit import bulk, limits
from kit.database import StaleWrite
from kit.limits import Limit
from payments import bank
from payments.charging import open_tries
from payments.charging.cards import CardDetails
from payments.charging.open_tries import Noted, Outcome
from payments.errors import RateLimited
from payments.scope import caller
from payments.vault import keyed_digest

logger = logging.getLogger("florin.tries")

BIN_LENGTH = 8  # ISO/IEC 7812-1 of 2017
DIGEST_LENGTH = 24
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Figures:
    """What is let through of a session or intent, an address, a card, an issuer's range at a merchant."""

    session: Limit
    address: Limit
    card: Limit
    bin: Limit
    reasons: Limit  # how often one session, or one address, is told why
    opened: Limit  # sessions that one address opens by following payment links
    codes: Limit  # promotion codes that are no good, entered in one session or from one address

    @property
    def wait_seconds(self) -> int:
        """Return after how long a refused try has its place again, whichever limit it was."""
        tried = (self.session, self.address, self.card, self.bin)
        return max(limit.interval_ms for limit in tried) // 1000


LIVE = Figures(
    session=Limit(10, 600),
    address=Limit(30, HOUR),
    card=Limit(10, HOUR),
    bin=Limit(100, HOUR),
    reasons=Limit(5, 600),
    opened=Limit(60, 600),
    codes=Limit(20, 600),
)
# Suites decline one card a thousand times from one address; a customer of theirs meets no limit.
_PLENTY = Limit(60_000, 60)
TEST = Figures(_PLENTY, _PLENTY, _PLENTY, _PLENTY, _PLENTY, _PLENTY, _PLENTY)

VERDICT = Limit(1, 30 * 86_400)  # for so long a decline is told, or withheld, as it was the first time
LOGINS = Limit(100, 600)  # of the Stripe CLI, from one address

Policy = Literal["by_mode", "live", "off"]
POLICIES: tuple[Policy, ...] = ("by_mode", "live", "off")

# Addresses that say nothing of who is there: behind them stands a proxy that TRUSTED_PROXIES does not count,
# and behind that may stand everybody.
UNTOLD = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
        "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip

_in_force: list[Policy] = ["by_mode"]
_declines_per_range: list[int] = []  # in an hour, where it is not live mode's own figure


def configure(policy: Policy, declines_per_range: int = LIVE.bin.most) -> None:
    """Say whose figures hold: each mode's own, live mode's in both, or none at all.

    `declines_per_range` is how many declines in an hour close an issuer's range at a merchant.
    """
    _in_force[:] = [policy]
    _declines_per_range[:] = [] if declines_per_range == LIVE.bin.most else [declines_per_range]


class TooManyTries(RateLimited):
    """A limit is used up; the words are the same for each of them."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            "Too many tries in a short time. Please wait and try again later.", code="rate_limit"
        )
        self.retry_after_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Try:
    """A try that has been let in, with what it has taken."""

    taken: Noted = field(default_factory=Noted)

    def ended(self, answer: bank.Answer) -> None:
        """Give back what does not count. What no bank has answered yet counts until it does."""
        match answer:
            case bank.Declined():
                self._settle(Outcome.DECLINED)
            case bank.ChallengeRequired():
                self._settle(Outcome.ALIVE)
            case bank.Unknown():
                pass  # settle_tries.py learns its end
            case _:
                self._settle(Outcome.RELEASED)

    def left(self) -> None:
        """Let it not count: no bank was asked."""
        self.taken.row_id = None  # a claim was not written
        self._settle(Outcome.RELEASED)

    def _settle(self, outcome: Outcome) -> None:
        """Change counters once a bank has answered: its answer goes out whatever becomes of them."""
        try:
            bulk.run(self.taken.steps(outcome))
        except StaleWrite:
            logger.info("the try of attempt %s is settled elsewhere, or will be", self.taken.row_id)
        except Exception:
            logger.exception("a try was not counted as it ended")


def begin(object_id: str, card: CardDetails | None = None, *, fingerprint: str | None = None) -> Try:
    """Let a try in for a session or an intent; raises TooManyTries, having taken nothing.

    The range of the card's issuer is looked at beforehand and counted with a decline: a slow bank holds
    thousands of a popular range at once, none of which has been declined.
    """
    figures = figures_in_force()
    if figures is None:
        return Try()
    if card is not None and card.number:
        fingerprint = str(card.display()["fingerprint"])
    mode = _mode()
    others = addressed("tries", figures.address)
    if fingerprint:
        others[f"{mode}:card:{fingerprint}"] = figures.card
    ranges = {}
    if card is not None and card.number:
        # Beside the last four digits that charges keep, eight clear ones would be more than may be kept.
        digest = keyed_digest(b"bin:" + card.number[:BIN_LENGTH].encode())[:DIGEST_LENGTH]
        ranges[f"{mode}:bin:{caller().account_id}:{digest}"] = figures.bin
    session = {f"{mode}:session:{object_id}": figures.session}
    if not limits.has_room(ranges) or not limits.take(session | others):
        raise TooManyTries(figures.wait_seconds)
    return Try(Noted(session, others, ranges))


@contextmanager
def tried(
    object_id: str, card: CardDetails | None = None, *, fingerprint: str | None = None
) -> Iterator[None]:
    """Count what is done inside as a try, and give back what turns out not to count; as `begin` it raises.

    A bank's answer decides, whoever records it; where no bank was asked, because a race was lost or something
    broke before, the try is given back. Whatever ends it in between, as a process that is killed or an answer
    that is lost, leaves it counted until the answer is known.
    """
    admitted = begin(object_id, card, fingerprint=fingerprint)
    before = bank.last_question()
    try:
        with open_tries.under_way(admitted.taken):
            yield
    finally:
        question = bank.last_question()
        if question is before or not isinstance(question, bank.Authorize | bank.Initiate):
            admitted.left()
        elif (last := bank.last_answer()) is not None and last[0] is question:
            admitted.ended(last[1])


def tells_reason(object_id: str, decline: str) -> bool:
    """Tell whether a session, or an intent, may learn the reason of a decline; the first answer holds.

    What has been told is told again, and counts once. What was withheld is not read later, when there is room
    again, nor from another address, where there always was.
    """
    figures = figures_in_force()
    if figures is None:
        return True
    told = {f"{_mode()}:told:{decline}": VERDICT}
    withheld = {f"{_mode()}:withheld:{decline}": VERDICT}
    if not limits.has_room(told):
        return True
    if not limits.has_room(withheld):
        return False
    if limits.take(_reasons(object_id, figures) | told):
        return True
    limits.take(withheld)
    return False


def open_by_link() -> None:
    """Count a session that a customer opens by a payment link; raises TooManyTries."""
    figures = figures_in_force()
    if figures is not None:
        _spend(addressed("opened", figures.opened), figures.opened)


def enter_code(object_id: str) -> Try:
    """Let a promotion code be tried for a session; raises TooManyTries. A good one is given back."""
    figures = figures_in_force()
    if figures is None:
        return Try()
    wanted = {f"{_mode()}:codes:{object_id}": figures.codes} | addressed("codes", figures.codes)
    _spend(wanted, figures.codes)
    return Try(Noted(others=wanted))


def begin_login(address: str | None) -> None:
    """Count a `stripe login` of an address, whatever the address; raises TooManyTries.

    So few that one address never takes all the places of the house (webhooks/cli/logins.py).
    """
    if _in_force[0] != "off":
        _spend({f"logins:address:{network_of(address) or 'untold'}": LOGINS}, LOGINS)


def figures_in_force() -> Figures | None:
    """Return the figures that hold for the caller, None where nothing is limited."""
    policy = _in_force[0]
    if policy == "off":
        return None
    if policy != "live" and not caller().livemode:
        return TEST
    return replace(LIVE, bin=Limit(_declines_per_range[0], HOUR)) if _declines_per_range else LIVE


def addressed(what: str, limit: Limit) -> dict[str, Limit]:
    """Return what is to be taken of the caller's address; nothing where that tells nobody apart."""
    network = network_of(caller().address)
    return {f"{_mode()}:{what}:address:{network}": limit} if network else {}


def network_of(address: str | None) -> str | None:
    """Return an address, or the /64 of an IPv6 one, which is a household's; None where it is untold."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if any(parsed in network for network in UNTOLD):
        return None
    return str(ip_network(f"{parsed}/64", strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)


def _spend(wanted: dict[str, Limit], limit: Limit) -> None:
    if not limits.take(wanted):
        raise TooManyTries(max(1, limit.interval_ms // 1000))


def _reasons(object_id: str, figures: Figures) -> dict[str, Limit]:
    own = {f"{_mode()}:reasons:{object_id}": figures.reasons}
    return own | addressed("reasons", figures.reasons)


def _mode() -> str:
    return "live" if caller().livemode else "test"
