"""What became of each attempt: kept whole for the merchant, and written for many deliveries at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from kit.connections import at_once
from kit.database import Base, Id, db
from kit.ids import new_ids
from webhooks.outbox import Claim


class DeliveryAttempt(Base):
    """One request to an endpoint and its answer.

    The body that was sent is the event's JSON with `pending_webhooks` as it is here; `reason` says why
    the attempt failed and is null where it succeeded.
    """

    __tablename__ = "webhook_attempts"
    __table_args__ = (
        Index("ix_webhook_attempts_delivery", "delivery_id", "id"),
        Index("ix_webhook_attempts_endpoint", "endpoint_id", "id"),
        Index("ix_webhook_attempts_event", "event_id", "id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id]
    livemode: Mapped[bool]
    created: Mapped[int]
    delivery_id: Mapped[Id]
    event_id: Mapped[Id]
    endpoint_id: Mapped[Id]
    number: Mapped[int]
    url: Mapped[str]
    request_headers: Mapped[dict[str, Any]]
    pending_webhooks: Mapped[int]
    response_status: Mapped[int | None]
    response_headers: Mapped[dict[str, Any] | None]
    response_body: Mapped[str | None] = mapped_column(Text)
    truncated: Mapped[bool]
    elapsed_ms: Mapped[int]
    reason: Mapped[str | None]
    detail: Mapped[str | None]

    def as_json(self) -> dict[str, Any]:
        """Return the attempt as the merchant reads it."""
        response = {
            "status": self.response_status, "headers": self.response_headers, "body": self.response_body,
            "truncated": self.truncated,
        }  # fmt: skip
        return {
            "id": self.id, "object": "webhook_attempt", "created": self.created, "livemode": self.livemode,
            "event": self.event_id, "webhook_endpoint": self.endpoint_id, "number": self.number,
            "url": self.url, "request_headers": self.request_headers,
            "pending_webhooks": self.pending_webhooks, "delivered": self.reason is None,
            "response": None if self.response_status is None else response,
            "elapsed_ms": self.elapsed_ms, "reason": self.reason, "detail": self.detail,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """The facts of one attempt, as its row has them."""

    created: int
    url: str
    request_headers: dict[str, str]
    pending_webhooks: int
    response_status: int | None = None
    response_headers: dict[str, str] | None = None
    response_body: str | None = None
    truncated: bool = False
    elapsed_ms: int = 0
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Where a claimed delivery goes from here; `attempt` is None where nothing was sent."""

    claim: Claim
    status: str
    due_at: int | None
    attempts: int
    attempt: Attempt | None


_ATTEMPT_COLUMNS = tuple(column.name for column in DeliveryAttempt.__table__.columns)
_TYPES = {
    "livemode": "boolean", "truncated": "boolean", "created": "bigint", "number": "bigint",
    "pending_webhooks": "bigint", "response_status": "bigint", "elapsed_ms": "bigint",
    "request_headers": "jsonb", "response_headers": "jsonb",
}  # fmt: skip

_NAMES = ", ".join(_ATTEMPT_COLUMNS)
_TYPED = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in _ATTEMPT_COLUMNS)

# Events are locked in the order of their ids: two couriers that met crosswise would wait for each other.
_RECORD_POSTGRESQL = f"""
    WITH result AS (
        SELECT * FROM json_to_recordset($1::json)
        AS r(id text, fence bigint, status text, due_at bigint, attempts bigint)
    ), kept AS (
        INSERT INTO webhook_attempts ({_NAMES})
        SELECT {_NAMES} FROM json_to_recordset($2::json) AS a({_TYPED})
    ), moved AS (
        UPDATE webhook_deliveries AS d SET status = r.status, due_at = r.due_at, attempts = r.attempts
        FROM result AS r WHERE d.id = r.id AND d.fence = r.fence RETURNING d.event_id, d.status
    ), arrived AS (
        SELECT event_id, count(*) AS count FROM moved WHERE status = 'succeeded' GROUP BY event_id
    ), locked AS (
        SELECT e.id, arrived.count FROM arrived JOIN events AS e ON e.id = arrived.event_id
        ORDER BY e.id FOR UPDATE OF e
    )
    UPDATE events AS e SET pending_webhooks = greatest(0, e.pending_webhooks - locked.count)
    FROM locked WHERE e.id = locked.id
"""  # noqa: S608 - put together from the columns above

_MARKS = ", ".join(f":{name}" for name in _ATTEMPT_COLUMNS)
_KEEP_SQLITE = f"INSERT INTO webhook_attempts ({_NAMES}) VALUES ({_MARKS})"  # noqa: S608 - as above
_MOVE_SQLITE = """
    UPDATE webhook_deliveries SET status = :status, due_at = :due_at, attempts = :attempts
    WHERE id = :id AND fence = :fence
"""
_ARRIVED_SQLITE = "UPDATE events SET pending_webhooks = max(0, pending_webhooks - 1) WHERE id = :event_id"


def record(results: Sequence[Result]) -> None:
    """Write all results at once: the attempts, where each delivery goes from here, what has arrived.

    A delivery that was claimed anew in the meantime is left to its newer claim.
    """
    made = [(result, result.attempt) for result in results if result.attempt is not None]
    ids = new_ids("wha_", len(made))
    attempts = [_row(id, result, fact) for id, (result, fact) in zip(ids, made, strict=True)]
    moves = [
        {
            "id": result.claim.id,
            "fence": result.claim.fence,
            "status": result.status,
            "due_at": result.due_at,
            "attempts": result.attempts,
            "event_id": result.claim.event_id,
        }
        for result in results
    ]
    if db.engine.dialect.name == "postgresql":
        at_once(
            db.engine, _RECORD_POSTGRESQL, [orjson.dumps(moves).decode(), orjson.dumps(attempts).decode()]
        )
        return
    with db.engine.connect() as connection:
        _record_sqlite(connection, moves, attempts)


def _record_sqlite(
    connection: Connection, moves: list[dict[str, Any]], attempts: list[dict[str, Any]]
) -> None:
    cursor = connection.connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    try:
        for attempt in attempts:
            cursor.execute(_KEEP_SQLITE, {name: _as_text(value) for name, value in attempt.items()})
        for move in moves:
            cursor.execute(_MOVE_SQLITE, move)
            if cursor.rowcount and move["status"] == "succeeded":
                cursor.execute(_ARRIVED_SQLITE, move)
        cursor.execute("COMMIT")
    except BaseException:
        if connection.connection.in_transaction:  # a full disk ends it by itself
            cursor.execute("ROLLBACK")
        raise


def _row(id: str, result: Result, attempt: Attempt) -> dict[str, Any]:
    claim = result.claim
    return {
        "id": id,
        "account_id": claim.account_id,
        "livemode": claim.livemode,
        "created": attempt.created,
        "delivery_id": claim.id,
        "event_id": claim.event_id,
        "endpoint_id": claim.endpoint_id,
        "number": claim.attempts + 1,
        "url": attempt.url,
        "request_headers": attempt.request_headers,
        "pending_webhooks": attempt.pending_webhooks,
        "response_status": attempt.response_status,
        "response_headers": attempt.response_headers,
        "response_body": attempt.response_body,
        "truncated": attempt.truncated,
        "elapsed_ms": attempt.elapsed_ms,
        "reason": attempt.reason,
        "detail": attempt.detail,
    }


def _as_text(value: object) -> object:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value
