"""Events: what happened, with the object as it stood at that moment."""

from collections.abc import Callable
from typing import Any, ClassVar, Protocol, Self

import orjson
import stripe
from sqlalchemy import Index, Select, Text
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from payments.errors import InvalidRequest
from payments.resource import Resource
from payments.scope import caller

MAXIMUM_TYPES = 20
# Older events are neither listed nor found, and in time deleted (webhooks/retention.py).
KEPT_SECONDS = 30 * 24 * 3600
LIKE_PATTERN = str.maketrans({"*": "%", "%": "\\%", "_": "\\_", "\\": "\\\\"})

# Called with each new event, inside the same unit of work; wired in app.py.
subscribers: list[Callable[["Event"], None]] = []


class Event(Resource):
    """One fact. The snapshot is kept as the exact text that webhooks carry."""

    __tablename__ = "events"
    prefix = "evt_"
    object_name = "event"
    stripe_class = stripe.Event

    type: Mapped[str]
    object_id: Mapped[str]
    data: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str | None]
    idempotency_key: Mapped[str | None]
    pending_webhooks: Mapped[int] = mapped_column(default=0)

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Lists may be narrowed by type."""
        return (
            Index("ix_events_type", "account_id", "livemode", "type", "id"),
            Index("ix_events_object", "object_id", "id"),
        )

    @classmethod
    def mine(cls) -> Select[Self]:
        """Return the select of the caller's events that are not too old."""
        return super().mine().where(cls.created > clock.now() - KEPT_SECONDS)

    @classmethod
    def peek(cls, object_id: str) -> Self | None:
        """Return the caller's event of that id, or None; one that is too old is gone."""
        event = super().peek(object_id)
        return None if event is None or event.created <= clock.now() - KEPT_SECONDS else event

    @classmethod
    def listed(cls, params: dict[str, Any]) -> Select[Self]:
        """Return the select of the caller's events of a `type`, which may hold `*`, or of any of `types`."""
        if "type" in params and "types" in params:
            raise InvalidRequest("You may only specify one of these parameters: type, types.", param="types")
        if len(params.get("types", ())) > MAXIMUM_TYPES:
            raise InvalidRequest(f"You can only give up to {MAXIMUM_TYPES} types.", param="types")
        query = cls.mine()
        if "types" in params:
            return query.where(cls.type.in_(params["types"]))
        if "*" in params.get("type", ""):
            pattern = params["type"].translate(LIKE_PATTERN)
            return query.where(cls.type.like(pattern, escape="\\"))
        return query.where(cls.type == params["type"]) if "type" in params else query

    def as_stripe(self, data: Any = None) -> dict[str, Any]:
        """Return the event with its snapshot, or with what stands for that."""
        return self.shape(
            api_version=stripe.api_version,
            data=orjson.loads(self.data) if data is None else data,
            pending_webhooks=self.pending_webhooks,
            request={"id": self.request_id, "idempotency_key": self.idempotency_key},
            type=self.type,
        )


class Told(Protocol):
    """What an event can be about: a noun, or another form that one is shown in."""

    @property
    def id(self) -> Any:
        """Return the id of the row."""

    object_name: ClassVar[str]

    def as_stripe(self) -> dict[str, Any]:
        """Return it as it goes over the wire."""


def record(event_type: str, noun: Told, previous: dict[str, Any] | None = None) -> Event:
    """Collect an event about `noun` as it stands now; `previous` holds the attributes an update replaced."""
    data: dict[str, Any] = {"object": noun.as_stripe()}
    if previous is not None:
        data["previous_attributes"] = previous
    who = caller()
    event = Event.new(
        type=event_type,
        object_id=noun.id,
        data=orjson.dumps(data).decode(),
        request_id=who.request_id,
        idempotency_key=who.idempotency_key,
        pending_webhooks=0,
    )
    for subscriber in subscribers:
        subscriber(event)
    return event


def record_update(noun: Told, before: dict[str, Any], event_type: str | None = None) -> None:
    """Collect the `.updated` event of a noun whose wire form was `before`; nothing where nothing changed."""
    after = noun.as_stripe()
    previous = {key: value for key, value in before.items() if after[key] != value}
    if previous:
        record(event_type or f"{noun.object_name}.updated", noun, previous)
