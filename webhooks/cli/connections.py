"""One connected Stripe CLI: what is on its way to it, and what it says."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode

from kit import clock
from kit.signing import signature_header, standard_headers
from webhooks.cli import frames
from webhooks.cli.answers import KEPT_CHARS_OF_SESSION
from webhooks.cli.frames import MAXIMUM_ANSWERS, Ack, BadFrame, Facts
from webhooks.cli.post import Admitted, Parcel

# So many events may be unacknowledged at a time; the others wait in the database.
WINDOW = 64
# An answer of the tester's own server may come long after the acknowledgement.
REMEMBERED = 1000
# Only the CLI itself passes over the form of an event that it was not asked to show.
CLI_AGENT = "stripe-cli/"


@dataclass(slots=True)
class Sent:
    """An event that went out: when, with which headers, and how often it was answered since."""

    at: float
    headers: dict[str, str]
    answers: int = 0


class Connection:
    """A WebSocket and its session."""

    def __init__(self, websocket: ServerConnection, admitted: Admitted, facts: Facts) -> None:
        self._websocket = websocket
        self._admitted = admitted
        self._facts = facts
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._unacknowledged: set[str] = set()
        self._sent: OrderedDict[str, Sent] = OrderedDict()
        self._kept_chars = admitted.kept_chars
        request = websocket.request
        agent = request.headers.get("User-Agent", "") if request else ""
        self._knows_latest = CLI_AGENT in agent

    def has_room(self) -> bool:
        """Tell whether more may be handed over."""
        return len(self._unacknowledged) < WINDOW and self._outgoing.qsize() < WINDOW

    def hand_over(self, parcel: Parcel) -> None:
        """Sign and queue a message. The newest form goes first: whoever acknowledges the other has both."""
        if parcel.event_id is None:
            self._outgoing.put_nowait(frames.request_log_event(parcel.message_id, parcel.body))
            return
        headers = self._signed(parcel.event_id, parcel.body.encode())
        self._unacknowledged.add(parcel.message_id)
        self._sent[parcel.message_id] = Sent(time.monotonic(), headers)
        if len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)
        named = (parcel.message_id, parcel.event_id, parcel.body, headers)
        if self._knows_latest:
            self._outgoing.put_nowait(frames.latest_webhook_event(*named))
        self._outgoing.put_nowait(frames.webhook_event(*named))

    def _signed(self, event_id: str, body: bytes) -> dict[str, str]:
        """Return the headers of the tester's request, as a delivery has them: both signatures."""
        secrets, now = [self._admitted.secret], clock.now()
        return {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature_header(body, secrets, now),
            **standard_headers(event_id, body, secrets, now),
        }

    async def serve(self) -> None:
        """Send and hear until the CLI goes; raises BadFrame for what no CLI says."""
        sending = asyncio.create_task(self._send())
        try:
            async for frame in self._websocket:
                await self._facts.room()
                self._hear(frame)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def end(self, reason: str) -> None:
        """Close the connection; the CLI comes back by itself."""
        await self._websocket.close(CloseCode.GOING_AWAY, reason)

    async def _send(self) -> None:
        while True:
            await self._websocket.send(await self._outgoing.get())

    def _hear(self, frame: str | bytes) -> None:
        given = frames.read(frame)
        about = frames.conversation(given)
        if about is None:
            return  # of another session of long ago, or of an event that is none of ours
        message_id, latest = about
        session_id = self._admitted.session_id
        match given["type"]:
            case "event_ack" if not latest:
                self._unacknowledged.discard(message_id)
                self._facts.acks.append(Ack(message_id, session_id))
            case "webhook_response":
                self._unacknowledged.discard(message_id)
                self._hear_answer(given, message_id)
            case "event_ack":
                pass  # the acknowledgement of the other form is the one that counts
            case _:
                raise BadFrame("a frame must be an event_ack or a webhook_response")

    def _hear_answer(self, given: dict[str, Any], message_id: str) -> None:
        # One that came before this connection, or very long ago, is counted where it is written down.
        sent = self._sent.get(message_id, Sent(time.monotonic(), {}))
        sent.answers += 1
        if sent.answers > MAXIMUM_ANSWERS:
            raise BadFrame(f"an event has at most {MAXIMUM_ANSWERS} answers")
        reply = frames.reply(
            given, message_id, self._admitted.session_id,
            elapsed_ms=round((time.monotonic() - sent.at) * 1000), request_headers=sent.headers,
            room_chars=max(0, KEPT_CHARS_OF_SESSION - self._kept_chars),
        )  # fmt: skip
        self._kept_chars += len(reply.body)
        self._facts.replies.append(reply)
