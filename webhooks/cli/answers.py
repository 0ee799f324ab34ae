"""What testers' own servers answered to forwarded events: kept as attempts, so many and so much of each."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select

from kit import clock, database
from kit.database import db, load_where
from webhooks import attempts
from webhooks.attempts import Attempt, DeliveryAttempt, Result
from webhooks.cli.frames import MAXIMUM_ANSWERS, Reply
from webhooks.cli.messages import CliMessage
from webhooks.outbox import FAILED, SUCCEEDED, Claim

LONGEST_URL = 2048
# Of all bodies that one event was answered with. What is over it is cut off, and said to be.
KEPT_CHARS_OF_EVENT = 256 * 1024
# A device's session may go on for weeks. What is over this is kept without its body.
KEPT_CHARS_OF_SESSION = 64 * 1024 * 1024

_SIZE = func.coalesce(func.sum(func.length(DeliveryAttempt.response_body)), 0)


def kept_chars(session_id: str) -> int:
    """Return how much a session's answers hold already."""
    return int(db.session.scalar(select(_SIZE).where(DeliveryAttempt.endpoint_id == session_id)) or 0)


def keep(replies: Sequence[Reply]) -> None:
    """Write answers down as attempts; those beyond an event's number are not."""
    found = {reply.message_id: found for reply in replies if (found := _message(reply)) is not None}
    kept = {message_id: _kept(message_id) for message_id in found}
    results = []
    for reply in replies:
        message = found.get(reply.message_id)
        if message is None or message.session_id != reply.session_id:
            continue  # nothing that this session was ever sent, or not for an hour
        number, chars = kept[message.id]
        if number == MAXIMUM_ANSWERS:
            continue
        body = reply.body[: max(0, KEPT_CHARS_OF_EVENT - chars)]
        kept[message.id] = number + 1, chars + len(body)
        truncated = reply.truncated or len(body) < len(reply.body)
        results.append(_result(message, replace(reply, body=body, truncated=truncated), number))
    if results:
        attempts.record(results)


def _message(reply: Reply) -> CliMessage | None:
    condition = '"id" = ? AND "session_id" = ?'
    found = load_where(CliMessage, condition, (reply.message_id, reply.session_id))
    database.rollback()
    return found[0] if found and found[0].event_id is not None else None


def _kept(message_id: str) -> tuple[int, int]:
    query = select(func.count(), _SIZE).where(DeliveryAttempt.delivery_id == message_id)
    number, chars = db.session.execute(query).one()
    database.rollback()
    return int(number), int(chars)


def _result(message: CliMessage, reply: Reply, made: int) -> Result:
    succeeded = 200 <= reply.status < 300
    reason = None if succeeded else "redirect" if 300 <= reply.status < 400 else "status"
    fact = Attempt(
        created=clock.now(), url=reply.url[:LONGEST_URL], request_headers=reply.request_headers,
        pending_webhooks=0, response_status=reply.status, response_headers=reply.headers,
        response_body=reply.body, truncated=reply.truncated, elapsed_ms=reply.elapsed_ms, reason=reason,
    )  # fmt: skip
    claim = Claim(
        message.id, str(message.event_id), reply.session_id, message.account_id, message.livemode, made, 0
    )
    return Result(claim, SUCCEEDED if succeeded else FAILED, None, made + 1, fact)
