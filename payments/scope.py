"""Who is calling, on whose behalf and in which mode; set once at each edge and read by every verb."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """One request's or job's identity. `actor` is a key's id, a user's id, `customer` or `system`."""

    account_id: str
    livemode: bool
    actor: str
    request_id: str | None = None
    address: str | None = None
    idempotency_key: str | None = None
    language: str | None = None  # of the customer's page, by BCP 47: a bank's page is to speak it, too
    publishable: bool = False  # a key that any browser may hold: it proves nothing by itself


_current: ContextVar[Caller] = ContextVar("caller")


def caller() -> Caller:
    """Return the present caller; raises LookupError outside any edge, which is a defect."""
    return _current.get()


class acting_as:  # noqa: N801 - used as a function; a generator's context costs a request twice as much
    """Set the caller for the block."""

    __slots__ = ("_token", "_who")

    def __init__(self, who: Caller) -> None:
        self._who = who

    def __enter__(self) -> Caller:
        self._token = _current.set(self._who)
        return self._who

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def system(account_id: str, *, livemode: bool) -> Caller:
    """Return the caller for work that Florin does by itself for an account."""
    return Caller(account_id=account_id, livemode=livemode, actor="system")
