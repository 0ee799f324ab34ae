"""move(): the one way a status changes; it checks the edge, writes the audit row and records the event."""

from typing import Any, ClassVar, Protocol

from kit.states import StateMachine
from payments import audit, events
from payments.resource import Resource


class Stateful(Protocol):
    """A noun with a status and a table of its edges."""

    transitions: ClassVar[StateMachine]
    status: Any


def begin(noun: Resource, event_type: str | None) -> None:
    """Record that a noun came to be: its audit row and its event, if it has one."""
    audit.record(f"{noun.object_name}.created", noun.id, to=getattr(noun, "status", None))
    if event_type and noun.is_shown:
        events.record(event_type, noun)


def move(noun: Resource, after: str, **details: Any) -> None:
    """Take a noun to its next status; raises IllegalTransition where no edge leads there.

    All other columns must be set before, since the event carries the noun as it stands.
    """
    before = noun.status  # type: ignore[attr-defined]
    event_type = noun.transitions.event_for(before, after)  # type: ignore[attr-defined]
    noun.status = after  # type: ignore[attr-defined]
    audit.record(f"{noun.object_name}.{after}", noun.id, was=before, to=after, **details)
    if event_type and noun.is_shown:
        events.record(event_type, noun)
