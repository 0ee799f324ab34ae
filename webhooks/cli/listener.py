"""The WebSocket that the Stripe CLI listens on: an asyncio server in a process of its own.

It looks into the database for what waits, some twenty times a second while anybody is connected; nothing
else has to tell it, so that it needs no Redis and any number of them may run.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TypeVar

import orjson
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from webhooks.cli import frames, post
from webhooks.cli.connections import Connection
from webhooks.cli.frames import BadFrame
from webhooks.cli.open_sessions import REMEMBERED_SECONDS
from webhooks.cli.sessions import ID, REQUEST_LOGS, WEBHOOKS

logger = logging.getLogger("florin.stripecli")

HEALTH = "/health"
SUBSCRIBE = "/subscribe/"
FEATURES = (WEBHOOKS, REQUEST_LOGS, "v2_events")
UNKNOWN_ID = "Unknown WebSocket ID."  # the CLI knows these very words, and asks for a new session
LOOK_SECONDS = 0.05
KEEP_ALIVE_SECONDS = 5.0
TROUBLE_SECONDS = 1.0  # between two looks into a database that does not answer
HANDSHAKE_SECONDS = 5.0
PING_SECONDS = 20.0
CLOSE_SECONDS = 2.0

Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Limits:
    """How many may be connected at once."""

    connections: int = 400
    per_account: int = 100


class Listener:
    """The server and all who are connected to it. `around` gives the context for work on the database."""

    def __init__(
        self, around: Callable[[], AbstractContextManager[object]], limits: Limits | None = None
    ) -> None:
        self._around = around
        self._limits = limits or Limits()
        self._coming: dict[ServerConnection, str] = {}  # account ids, from the first byte to the last
        self._admitted: dict[ServerConnection, post.Admitted] = {}
        self._connected: dict[str, Connection] = {}
        self._facts = frames.Facts()
        # One thread: the database is asked in order, and is never asked by hundreds at once.
        self._database = ThreadPoolExecutor(1, thread_name_prefix="stripecli")

    async def run(self, host: str, port: int, stopping: asyncio.Event) -> None:
        """Serve until `stopping` is set; raises OSError where the port can't be had."""
        server = await serve(
            self._serve_one,
            host,
            port,
            subprotocols=[Subprotocol(frames.SUBPROTOCOL)],
            process_request=self._admit,
            compression=None,
            max_size=frames.MAXIMUM_FRAME_BYTES,
            open_timeout=HANDSHAKE_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            close_timeout=CLOSE_SECONDS,
            server_header=None,
        )
        tasks = [asyncio.create_task(self._carry()), asyncio.create_task(self._keep_alive())]
        try:
            await stopping.wait()
        finally:
            await self._end(server, tasks)

    async def _end(self, server: Server, tasks: list[asyncio.Task[None]]) -> None:
        server.close(code=CloseCode.GOING_AWAY, reason="Florin ends")
        await server.wait_closed()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._write_down()
        self._database.shutdown()

    async def _admit(self, websocket: ServerConnection, request: Request) -> Response | None:
        """Answer what is no WebSocket of a known session; None lets it in."""
        path, _, query = request.path.partition("?")
        if path == HEALTH:
            return _answer(HTTPStatus.OK, {"status": "ok"})
        account_id = path.removeprefix(SUBSCRIBE)
        if not path.startswith(SUBSCRIBE) or query not in {f"websocket_feature={name}" for name in FEATURES}:
            return _refusal(HTTPStatus.NOT_FOUND, "There is nothing here but the Stripe CLI's WebSocket.")
        plain = request.headers.get_all("Websocket-Id")
        if len(plain) != 1 or not ID.fullmatch(plain[0]):
            return _refusal(HTTPStatus.NOT_FOUND, UNKNOWN_ID)
        if len(self._coming) >= self._limits.connections:
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "Too many Stripe CLIs are connected.")
        if Counter(self._coming.values())[account_id] >= self._limits.per_account:
            return _refusal(HTTPStatus.TOO_MANY_REQUESTS, "This account has too many Stripe CLIs.")
        self._coming[websocket] = account_id
        try:
            admitted = await self._ask(partial(post.admit, plain[0], account_id))
        except Exception:
            logger.exception("a session could not be looked up")
            self._coming.pop(websocket)
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "Florin can't look the session up at present.")
        if admitted is None:
            self._coming.pop(websocket)
            return _refusal(HTTPStatus.NOT_FOUND, UNKNOWN_ID)
        if admitted.fresh:
            # Some process may remember that nobody listens. Ready means that every event from now on comes.
            await asyncio.sleep(1.2 * REMEMBERED_SECONDS)
        self._admitted[websocket] = admitted
        return None

    async def _serve_one(self, websocket: ServerConnection) -> None:
        admitted = self._admitted.pop(websocket, None)
        if admitted is None:
            return  # it broke off during the handshake
        connection = Connection(websocket, admitted, self._facts)
        self._connected[admitted.connection] = connection
        logger.info("session %s is connected", admitted.session_id)
        try:
            await connection.serve()
        except BadFrame as bad:
            await websocket.close(CloseCode.POLICY_VIOLATION, str(bad))
        except ConnectionClosed:
            pass  # without a word, or by an oversized frame
        finally:
            del self._connected[admitted.connection]
            self._coming.pop(websocket, None)
            logger.info("session %s is gone", admitted.session_id)

    async def _carry(self) -> None:
        """Bring what waits to whoever has room for it, and write down what came back, for ever."""
        while True:
            try:
                await self._write_down()
                brought = await self._bring()
            except Exception:
                logger.exception("the database did not answer; trying again in %s s", TROUBLE_SECONDS)
                await asyncio.sleep(TROUBLE_SECONDS)
            else:
                await asyncio.sleep(0 if brought == post.AT_ONCE else LOOK_SECONDS)

    async def _bring(self) -> int:
        hungry = [name for name, connection in self._connected.items() if connection.has_room()]
        if not hungry:
            return 0
        parcels = await self._ask(partial(post.fetch, hungry))
        for parcel in parcels:
            connection = self._connected.get(parcel.connection)
            if connection is not None:  # else it waits for the session's next connection
                connection.hand_over(parcel)
        return len(parcels)

    async def _write_down(self) -> None:
        acks, replies = self._facts.take()
        if not acks and not replies:
            return
        try:
            await self._ask(partial(post.keep, acks, replies))
        except Exception:
            self._facts.give_back(acks, replies)
            raise

    async def _keep_alive(self) -> None:
        """Keep the sessions of the connected open, and close connections whose session has ended."""
        while True:
            await asyncio.sleep(KEEP_ALIVE_SECONDS)
            for websocket in [one for one in self._coming if one.state is State.CLOSED]:
                self._coming.pop(websocket)  # it broke off during the handshake
                self._admitted.pop(websocket, None)
            names = list(self._connected)
            try:
                serving = await self._ask(partial(post.keep_alive, names)) if names else set()
            except Exception:
                logger.exception("the sessions could not be kept open")
                continue
            over = [self._connected[name] for name in names if name in self._connected.keys() - serving]
            await asyncio.gather(*(connection.end("the session has ended") for connection in over))

    async def _ask(self, work: Callable[[], Outcome]) -> Outcome:
        def within() -> Outcome:
            with self._around():
                return work()

        return await asyncio.get_running_loop().run_in_executor(self._database, within)


def _refusal(status: HTTPStatus, message: str) -> Response:
    return _answer(status, {"error": {"message": message}})


def _answer(status: HTTPStatus, content: dict[str, object]) -> Response:
    body = orjson.dumps(content)
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
    return Response(status.value, status.phrase, Headers(headers), body)
