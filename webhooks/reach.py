"""Where events may be sent: how far by mode, the ports of live mode, and what is refused at once.

Who may add an endpoint may make this house send requests. Each address is checked when the endpoint is
made, by what its text alone says, and again at every connection, by what its name leads to then
(kit/addresses.py).
"""

from functools import lru_cache

from kit import addresses, urls
from kit.addresses import Reach
from kit.deadline import literal_address
from payments.errors import InvalidRequest

MAXIMUM_URL_LENGTH = 2048
# In live mode everything is TLS; 80 is for those who speak it there all the same, the others are the usual
# second doors of web servers. No mail, database or cache listens on them.
LIVE_PORTS = frozenset((80, 443, 4443, 8443, 9443))

_reach_in_test_mode: Reach = "loopback"


def configure(reach_in_test_mode: Reach) -> None:
    """Say how far from the public internet test mode may send (WEBHOOK_TEST_REACH)."""
    global _reach_in_test_mode  # noqa: PLW0603 - one process has one
    _reach_in_test_mode = reach_in_test_mode


def reach(*, livemode: bool) -> Reach:
    """Return how far events of a mode may go."""
    return "public" if livemode else _reach_in_test_mode


def checked_url(url: str, *, livemode: bool) -> str:
    """Return an endpoint's address; raises InvalidRequest for one that nothing would be sent to."""
    problem = _problem(url, livemode=livemode)
    if problem is not None:
        raise InvalidRequest(f"Invalid URL: {problem}", code="url_invalid", param="url")
    return url


@lru_cache(maxsize=1024)
def refused_at_delivery(url: str, *, livemode: bool) -> str | None:
    """Say why nothing is sent to an address, None where it may be tried: it may be older than a rule.

    How the address is written, and where it leads to, is checked at the connection.
    """
    target = urls.parse(url)
    return None if isinstance(target, str) else _refused_in_live(target, livemode=livemode)


def _problem(url: str, *, livemode: bool) -> str | None:
    if len(url) > MAXIMUM_URL_LENGTH:
        return "it is longer than 2048 characters."
    target = urls.parse(url)
    if isinstance(target, str):
        return f"{target}."
    refused = _refused_in_live(target, livemode=livemode)
    if refused is not None:
        return refused
    within = reach(livemode=livemode)
    literal = bool(literal_address(target.host, 0))
    denied = addresses.refusal(target.host, within) if literal else None
    if denied is None and within == "public" and not literal and addresses.is_local_name(target.host):
        denied = f"{target.host} is a name of one machine or network"
    if denied is not None:
        return f"URL must be publicly accessible, and {denied}."
    return None


def _refused_in_live(target: urls.Target, *, livemode: bool) -> str | None:
    if livemode and not target.tls:
        return "live mode sends webhooks to https only."
    if livemode and target.port not in LIVE_PORTS:
        ports = ", ".join(map(str, sorted(LIVE_PORTS)))
        return f"live mode sends webhooks to the ports {ports} only."
    return None
