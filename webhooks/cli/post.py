"""What the listener does with the database: admit a session, fetch what waits, keep what came back.

Each function is one short piece of work on autocommitted statements, called from the listener's own thread.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, TextClause, bindparam, delete, func, select, text, update

from kit import bulk, clock, database
from kit.database import db
from kit.ids import random_text
from payments.events import Event
from payments.merchants import ApiKey
from webhooks import rendering
from webhooks.cli import answers
from webhooks.cli.frames import Ack, Reply
from webhooks.cli.messages import EVENT, CliMessage
from webhooks.cli.sessions import IDLE_SECONDS, CliSession, hash_id, secret_of

AT_ONCE = 200  # messages that one look brings
# An account's events are dropped for a device that leaves so many unacknowledged: its session ends.
MAXIMUM_WAITING = 1000
ACKED_KEPT_SECONDS = 3600  # the answers of the tester's own server come after the acknowledgement


@dataclass(frozen=True, slots=True)
class Admitted:
    """A session whose WebSocket has just been let in."""

    session_id: str
    account_id: str
    livemode: bool
    secret: str
    connection: str
    fresh: bool  # nobody has been connected to it before
    kept_chars: int  # of answers that it has brought so far


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way to one connection."""

    message_id: str
    connection: str
    event_id: str | None
    body: str


def admit(plain: str, account_id: str) -> Admitted | None:
    """Let a WebSocket serve its session from now on; None for an unknown, expired or foreign id."""
    row = db.session.scalar(select(CliSession).where(CliSession.hashed == hash_id(plain), _in_force()))
    if row is None or row.account_id != account_id:
        return None
    connection = random_text(22)
    values = {"connection": connection, "expires_at": clock.now() + IDLE_SECONDS}
    with db.engine.connect() as there:
        there.execute(update(CliSession).where(CliSession.id == row.id).values(values))
    secret = secret_of(row.account_id, row.device_name, livemode=row.livemode)
    fresh = row.connection is None
    kept = 0 if fresh else answers.kept_chars(row.id)
    return Admitted(row.id, row.account_id, row.livemode, secret, connection, fresh, kept)


def _in_force() -> ColumnElement[bool]:
    """Return the condition that a session's time is not over, nor that of the key that opened it."""
    now = clock.now()
    key = select(ApiKey.id).where(
        ApiKey.id == CliSession.key_id, ApiKey.expires_at.is_(None) | (ApiKey.expires_at > now)
    )
    return (CliSession.expires_at > now) & key.exists()


def keep_alive(connections: Collection[str]) -> set[str]:
    """Put off the end of the sessions that are connected; return the connections that still serve one."""
    row, now = CliSession, clock.now()
    serving = row.connection.in_(connections) & _in_force()
    with db.engine.connect() as there:
        prolonged = update(row).where(serving).values(expires_at=now + IDLE_SECONDS).returning(row.connection)
        return set(there.scalars(prolonged))


def _listing(statement: str, name: str) -> TextClause:
    return text(statement).bindparams(bindparam(name, type_=String, expanding=True))


_WAITING = _listing(
    """
    SELECT m.id FROM stripecli_sessions AS s JOIN stripecli_messages AS m ON m.session_id = s.id
    WHERE s.connection IN :connections AND m.acked_at IS NULL
    AND (m.connection IS NULL OR m.connection <> s.connection)
    ORDER BY m.id LIMIT :count
    """,
    "connections",
)
_TAKE = _listing(
    """
    UPDATE stripecli_messages SET connection =
        (SELECT s.connection FROM stripecli_sessions AS s WHERE s.id = stripecli_messages.session_id)
    WHERE id IN :ids AND acked_at IS NULL RETURNING id, connection, kind, event_id, payload
    """,
    "ids",
)


def fetch(connections: Collection[str]) -> list[Parcel]:
    """Take what waits for these connections, the oldest first; request logs are gone once taken."""
    expanded = {"connections": list(connections), "count": AT_ONCE}
    with db.engine.connect() as there:
        waiting = list(there.scalars(_WAITING, expanded))
        if not waiting:
            return []
        taken = there.execute(_TAKE, {"ids": waiting}).all()
        mine = sorted((row for row in taken if row.connection in connections), key=lambda row: str(row.id))
        logs = [row.id for row in mine if row.kind != EVENT]
        if logs:
            there.execute(delete(CliMessage).where(CliMessage.id.in_(logs)))
    bodies = _bodies({row.event_id for row in mine if row.event_id})
    database.rollback()
    return [
        Parcel(row.id, row.connection, row.event_id, row.payload or bodies[row.event_id])
        for row in mine
        if row.payload or row.event_id in bodies
    ]


def _bodies(event_ids: Collection[str]) -> dict[str, str]:
    found = db.session.scalars(select(Event).where(Event.id.in_(event_ids))) if event_ids else ()
    return {event.id: rendering.body(event, None).decode() for event in found}


def keep(acks: Sequence[Ack], replies: Sequence[Reply]) -> None:
    """Write down what the CLI has acknowledged, and what the tester's own server answered."""
    of_session: dict[str, set[str]] = {}
    pairs = [(one.session_id, one.message_id) for one in acks]
    for session_id, message_id in pairs + [(one.session_id, one.message_id) for one in replies]:
        of_session.setdefault(session_id, set()).add(message_id)
    row = CliMessage
    with db.engine.connect() as there:
        acked = update(row).where(row.acked_at.is_(None)).values(acked_at=clock.now())
        for session_id, message_ids in of_session.items():
            there.execute(acked.where(row.session_id == session_id, row.id.in_(sorted(message_ids))))
    answers.keep(replies)


def sweep() -> None:
    """End sessions that have too much unacknowledged, and forget what nobody will ask for any more."""
    now = clock.now()
    message, session = CliMessage, CliSession
    waiting = select(message.session_id).where(message.acked_at.is_(None)).group_by(message.session_id)
    full = list(db.session.scalars(waiting.having(func.count() > MAXIMUM_WAITING)))
    bulk.delete_where(session, session.id.in_(full) | (session.expires_at <= now))
    living = select(session.id)
    old = message.acked_at < now - ACKED_KEPT_SECONDS
    bulk.delete_where(message, message.session_id.not_in(living) | old)
