"""What waits for a session of the Stripe CLI: events until they are acknowledged, request logs until sent.

A message waits while `connection` is not its session's present one, so that all that was on its way over a
broken connection waits again without anybody's doing.
"""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.appending import append
from kit.database import Base, Id, db
from kit.ids import new_id
from payments.events import Event
from payments.scope import Caller
from webhooks.cli import open_sessions

logger = logging.getLogger("florin.stripecli")

EVENT, REQUEST_LOG = "event", "request_log"


class CliMessage(Base):
    """One event or request log for one session; its id is the CLI's `webhook_conversation_id`."""

    __tablename__ = "stripecli_messages"
    __table_args__ = (
        Index(
            "ix_stripecli_messages_waiting",
            "session_id",
            "id",
            postgresql_where=text("acked_at IS NULL"),
            sqlite_where=text("acked_at IS NULL"),
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    session_id: Mapped[Id]
    account_id: Mapped[Id]
    livemode: Mapped[bool]
    created: Mapped[int]
    kind: Mapped[str]
    event_id: Mapped[Id | None]
    payload: Mapped[str | None] = mapped_column(Text)
    connection: Mapped[str | None] = mapped_column(String(64))
    acked_at: Mapped[int | None]


def subscribe(event: Event) -> None:
    """Collect a message of an event for each session that listens: of a new one, and of one sent again."""
    for listening in open_sessions.of(event.account_id, livemode=event.livemode):
        if listening.webhooks:
            db.session.add(CliMessage(**_about(event, listening.id)))


def log(who: Caller, payload: str, sessions: Sequence[open_sessions.Listening]) -> None:
    """Write a request log for these sessions, on its own: the request that it tells of is over."""
    append(CliMessage, [_row(who, listening.id, REQUEST_LOG, None, payload) for listening in sessions])


def _about(event: Event, session_id: str) -> dict[str, Any]:
    return _row(event, session_id, EVENT, event.id, None)


def _row(
    whose: Event | Caller, session_id: str, kind: str, event_id: str | None, payload: str | None
) -> dict[str, Any]:
    return {
        "id": new_id("wc_"),
        "session_id": session_id,
        "account_id": whose.account_id,
        "livemode": whose.livemode,
        "created": clock.now(),
        "kind": kind,
        "event_id": event_id,
        "payload": payload,
        "connection": None,
        "acked_at": None,
    }
