"""The frames of `stripecli-devproxy-v1`: what goes to the CLI, and what may come from it."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

import orjson
import stripe

SUBPROTOCOL = "stripecli-devproxy-v1"
MAXIMUM_FRAME_BYTES = 256 * 1024
MAXIMUM_HEADERS = 40
MAXIMUM_HEADER_CHARS = 4096
# An event goes to a handful of servers: what the CLI was told, and endpoints with paths of that machine.
MAXIMUM_ANSWERS = 20
# As much of an answer is kept as of any endpoint's.
KEPT_CHARS = 64 * 1024
# So much may wait to be written down, of all connections together; whoever says more is not heard meanwhile.
MOST_FACTS = 1000
MOST_WAITING_CHARS = 8 * 1024 * 1024
CONVERSATION = re.compile(r"(wc_[0-9A-Za-z]{31})(_latest)?")
# The second conversation of an event: the CLI shows it under `--latest`, and the first one otherwise.
LATEST = "_latest"


class BadFrame(Exception):
    """What no CLI sends; the connection ends with the reason."""


@dataclass(frozen=True, slots=True)
class Ack:
    """The CLI has an event."""

    message_id: str
    session_id: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the tester's own server answered to an event that the CLI forwarded."""

    message_id: str
    session_id: str
    url: str
    status: int
    headers: dict[str, str]
    body: str
    request_headers: dict[str, str]
    elapsed_ms: int
    truncated: bool

    def chars(self) -> int:
        """Return how much there is to keep, but for what the house has said itself."""
        return len(self.url) + len(self.body) + sum(map(len, (*self.headers, *self.headers.values())))


@dataclass(slots=True)
class Facts:
    """What all connections have said and nobody has written down yet."""

    acks: list[Ack] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    _taken: asyncio.Event = field(default_factory=asyncio.Event)

    async def room(self) -> None:
        """Wait while more is said than can be written down."""
        too_many = len(self.acks) + len(self.replies) > MOST_FACTS
        if too_many or sum(reply.chars() for reply in self.replies) > MOST_WAITING_CHARS:
            self._taken.clear()
            await self._taken.wait()

    def take(self) -> tuple[list[Ack], list[Reply]]:
        """Return everything, once."""
        taken = self.acks, self.replies
        self.acks, self.replies = [], []
        self._taken.set()
        return taken

    def give_back(self, acks: list[Ack], replies: list[Reply]) -> None:
        """Take back what could not be written down."""
        self.acks, self.replies = acks + self.acks, replies + self.replies


def webhook_event(message_id: str, event_id: str, body: str, headers: dict[str, str]) -> str:
    """Return the frame of an event; `body` is the very text that was signed."""
    return _event(message_id, event_id, body, headers, None)


def latest_webhook_event(message_id: str, event_id: str, body: str, headers: dict[str, str]) -> str:
    """Return the frame that `stripe listen --latest` waits for: it passes over those without a version."""
    return _event(message_id + LATEST, event_id, body, headers, stripe.api_version)


def _event(conversation: str, event_id: str, body: str, headers: dict[str, str], version: str | None) -> str:
    return _text(
        {
            "type": "webhook_event",
            "endpoint": {"api_version": version},
            "event_payload": body,
            "http_headers": headers,
            "webhook_conversation_id": conversation,
            "webhook_id": event_id,
        }
    )


def request_log_event(message_id: str, payload: str) -> str:
    """Return the frame of a request log."""
    return _text({"type": "request_log_event", "request_log_id": message_id, "event_payload": payload})


def read(frame: str | bytes) -> dict[str, Any]:
    """Return a frame's object; raises BadFrame for what is none."""
    try:
        given = orjson.loads(frame)
    except orjson.JSONDecodeError as error:
        raise BadFrame("a frame must be JSON") from error
    if not isinstance(given, dict) or not isinstance(given.get("type"), str):
        raise BadFrame("a frame must be an object with a type")
    return given


def conversation(given: dict[str, Any]) -> tuple[str, bool] | None:
    """Return the message that a frame answers, and whether in its latest form; None for none of ours."""
    match = CONVERSATION.fullmatch(str(given.get("webhook_conversation_id")))
    return (match[1], match[2] is not None) if match else None


def reply(given: dict[str, Any], message_id: str, session_id: str, *, elapsed_ms: int,
          request_headers: dict[str, str], room_chars: int = KEPT_CHARS) -> Reply:  # fmt: skip
    """Return a `webhook_response`, with as much of its body as there is room for.

    Raises BadFrame where its parts are not what they have to be.
    """
    url, status = given.get("forward_url"), given.get("status")
    body, headers = given.get("body"), given.get("http_headers") or {}
    if not (isinstance(url, str) and isinstance(body, str) and isinstance(headers, dict)):
        raise BadFrame("a webhook_response needs forward_url, body and http_headers")
    if type(status) is not int or not 100 <= status <= 999:
        raise BadFrame("a webhook_response needs a status")
    room = min(KEPT_CHARS, room_chars)
    kept = {_short(name): _short(headers[name]) for name in list(headers)[:MAXIMUM_HEADERS]}
    return Reply(
        message_id, session_id, storable(url), status, kept, storable(body[:room]), request_headers,
        elapsed_ms, truncated=len(body) > room,
    )  # fmt: skip


def _short(header: object) -> str:
    return storable(str(header)[:MAXIMUM_HEADER_CHARS])


def storable(words: str) -> str:
    """PostgreSQL's text has no place for NUL, and JSON none for half of a surrogate pair."""
    return words.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _text(frame: dict[str, Any]) -> str:
    return orjson.dumps(frame).decode()
