"""How often a password may be guessed: failed logins are counted by address and by e-mail.

Kept in the process's memory, so that it costs nothing and promises no more: a restart forgets, and
several web processes each count for themselves. scrypt makes every guess slow besides.
"""

import threading
from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address, ip_network

from kit import clock

WINDOW_SECONDS = 15 * 60
MOST_PER_ADDRESS = 20
MOST_PER_EMAIL = 10
MOST_KEYS = 10_000  # kept at once; the ones longest untouched are forgotten first


class FailedLogins:
    """The failures of the last quarter of an hour."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[int]] = OrderedDict()
        self._lock = threading.Lock()

    def admit(self, address: str | None, email: str) -> bool:
        """Tell whether a password may be tried, and count the try as failed until `forgive` says otherwise.

        Counted beforehand, so that tries side by side are not all admitted by the same count.
        """
        with self._lock:
            counted = [(self._recent(key), most) for key, most in _keys(address, email)]
            if any(len(times) >= most for times, most in counted):
                return False
            for times, _ in counted:
                times.append(clock.now())
            while len(self._failures) > MOST_KEYS:
                self._failures.popitem(last=False)
            return True

    def forgive(self, address: str | None, email: str) -> None:
        """Take back the last try, which was right, and all failures of its e-mail."""
        by_address, by_email = (key for key, _ in _keys(address, email))
        with self._lock:
            self._failures.pop(by_email, None)
            times = self._recent(by_address)
            if times:
                times.pop()

    def _recent(self, key: str) -> deque[int]:
        times = self._failures.setdefault(key, deque())
        self._failures.move_to_end(key)
        while times and times[0] <= clock.now() - WINDOW_SECONDS:
            times.popleft()
        return times


def _keys(address: str | None, email: str) -> tuple[tuple[str, int], tuple[str, int]]:
    return (f"address {_network(address)}", MOST_PER_ADDRESS), (f"email {email}", MOST_PER_EMAIL)


def _network(address: str | None) -> str:
    """Return an address, or the /64 of an IPv6 one: that much belongs to any one household."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(ip_network(f"{parsed}/64", strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)
