"""`python -m bank_simulator.fault_proxy`: a line to the bank that breaks on demand.

It stands in front of a bank, on FAULT_PORT, and passes every call on to BANK_URL. A plan that is put to its
own `/v1/faults` (with the bank's secret) befalls calls on their way: all the kinds that the bank knows by
itself, and those of the connection as well. It outlives the bank, so that a bank which was killed is faulty
again as soon as it serves.
"""

import hmac
import http.client
import json
import os
import select
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from bank_simulator.config import BadSetting, read_settings
from bank_simulator.errors import BankError, InvalidRequest, Unauthorized
from bank_simulator.fault_effects import Ask, Reply, carry_out
from bank_simulator.faults import ANSWERS, LINES, Call, Plan, Strike, Switch, call_of, read_plan
from bank_simulator.forms import BODY_BYTES

HOST = "127.0.0.1"
BACKLOG = 256
BANK_SECONDS = 30.0
DRIPS = 20
STOP_SECONDS = 0.2
RST_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of zero: close() resets
PASSED_ON = ("authorization", "content-type")
NOT_PASSED_BACK = ("connection", "content-length", "transfer-encoding", "date", "server")
REFUSED = frozenset(("refused",))
REST = frozenset(ANSWERS | LINES) - REFUSED
BAD_START = 2


class Proxy(ThreadingHTTPServer):
    """The line; one thread for each connection."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = BACKLOG

    def __init__(self, port: int, bank_url: str, secret: str) -> None:
        self.bank = urlsplit(bank_url)
        self.secret = secret
        self.switch = Switch(frozenset(ANSWERS | LINES))
        self._connections = 0
        self._deaf_until = 0.0
        self._stopping = threading.Event()
        super().__init__((HOST, port), Line)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accepts one connection, and resets it unread where a rule refuses it."""
        connection, address = super().get_request()
        self._connections += 1
        strike = self.switch.strike(Call("CONNECT", "/v1/", str(self._connections)), kinds=REFUSED)
        if strike is not None:
            self._deaf_until = time.monotonic() + strike.rule.seconds
            if strike.rule.seconds > 0:
                self.socket.close()  # before the caller hears of it, who might come again at once
            reset(connection)
            connection.close()
            raise ConnectionAbortedError("refused on demand")
        return connection, address

    def serve(self) -> None:
        """Serves until `stop`; while it is deaf the port is closed, and the kernel itself refuses."""
        while not self._stopping.is_set():
            ready, _, _ = select.select([self.socket], [], [], STOP_SECONDS)
            if ready:
                self._handle_request_noblock()  # type: ignore[attr-defined]
            deaf_seconds = self._deaf_until - time.monotonic()
            if deaf_seconds > 0:
                self._be_deaf(deaf_seconds)

    def stop(self) -> None:
        """Ends `serve` in another thread, soon."""
        self._stopping.set()

    def _be_deaf(self, seconds: float) -> None:
        time.sleep(seconds)
        self.socket = socket.socket()
        self.server_bind()
        self.server_activate()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: a client that went away is no news here."""


class Line(BaseHTTPRequestHandler):
    """One connection of a caller's, with any number of calls."""

    protocol_version = "HTTP/1.1"
    server: Proxy
    wbufsize = -1  # head and body of an answer leave as one
    timeout = 120

    def _any_method(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > 16 * BODY_BYTES:
            self._reset()
            return
        given = self.rfile.read(length)
        if self.path.partition("?")[0] == "/v1/faults":
            self._answer(_switched(self.server, self.command, self.headers.get("Authorization"), given))
            return
        strike = self.server.switch.strike(call_of(self.command, self.path, given), kinds=REST)
        try:
            self._befall(strike, given)
        except (OSError, http.client.HTTPException):  # the bank is away, so its line is, too
            self._reset()

    do_GET = do_POST = do_PUT = do_DELETE = _any_method  # noqa: N815 - the standard library's names

    def _befall(self, strike: Strike | None, given: bytes) -> None:
        kind = strike.rule.kind if strike else None
        ask = self._question(given)
        if strike is None:
            self._answer(ask())
        elif kind == "reset_before":
            self._reset()
        elif kind == "reset_after":
            ask()
            self._reset()
        elif kind == "slow_drip":
            self._drip(ask(), strike.rule.seconds)
        else:
            reply = carry_out(strike, ask)
            self._answer(reply, times=2 if kind == "duplicate" else 1)

    def _question(self, given: bytes) -> Ask:
        """The call as it is now: a late bank is asked when this connection may be at another one already."""
        bank, method, path = self.server.bank, self.command, self.path
        headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}

        def ask() -> Reply:
            connection = http.client.HTTPConnection(str(bank.hostname), bank.port or 80, timeout=BANK_SECONDS)
            try:
                connection.request(method, path, body=given or None, headers=headers)
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
            kept = [pair for pair in answer.getheaders() if pair[0].lower() not in NOT_PASSED_BACK]
            return Reply(answer.status, tuple(kept), b"").with_body(content)

        return ask

    def _answer(self, reply: Reply, *, times: int = 1) -> None:
        self.wfile.write((_head(reply) + reply.body) * times)
        self.wfile.flush()

    def _drip(self, reply: Reply, seconds: float) -> None:
        whole = _head(reply) + reply.body
        size = max(1, -(-len(whole) // DRIPS))
        for start in range(0, len(whole), size):
            self.wfile.write(whole[start : start + size])
            self.wfile.flush()
            time.sleep(seconds / DRIPS)

    def _reset(self) -> None:
        self.close_connection = True
        reset(self.connection)

    def finish(self) -> None:
        """The buffers of a connection that was reset have nowhere to go."""
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing: the line carries card numbers."""


_NOWHERE = os.open(os.devnull, os.O_RDONLY)


def reset(connection: socket.socket) -> None:
    """Ends a connection so that the other side is told of a reset, whatever it still wanted to say."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
        # The handler's files keep the descriptor, so that closing the socket alone would end nothing.
        os.dup2(_NOWHERE, connection.fileno())
    except OSError:
        return


def _head(reply: Reply) -> bytes:
    reason = http.client.responses.get(reply.status, "")
    lines = [f"HTTP/1.1 {reply.status} {reason}", *(f"{name}: {value}" for name, value in reply.headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _switched(proxy: Proxy, method: str, authorization: str | None, given: bytes) -> Reply:
    try:
        sent = (authorization or "").encode("utf-8", "replace")
        if not hmac.compare_digest(sent, b"Bearer " + proxy.secret.encode()):
            raise Unauthorized("Send the bank's secret as `Authorization: Bearer ...`.")
        if method == "PUT":
            proxy.switch.replace(read_plan(given))
        elif method == "DELETE":
            proxy.switch.replace(Plan())
        elif method != "GET":
            raise InvalidRequest("The switch takes PUT, GET and DELETE.")
    except BankError as problem:
        return _json(problem.status, problem.as_json())
    return _json(200, proxy.switch.as_json())


def _json(status: int, content: dict[str, Any]) -> Reply:
    return Reply(status, (("Content-Type", "application/json"),), b"").with_body(json.dumps(content).encode())


def _port() -> int:
    text = os.environ.get("FAULT_PORT") or ""
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise BadSetting(f"FAULT_PORT has to be a port, not {text!r}.")
    return int(text)


def main() -> int:
    try:
        settings = read_settings()
        url = os.environ.get("BANK_URL") or f"http://{HOST}:{settings.port}"
        proxy = Proxy(_port(), url, settings.secret)
    except (BadSetting, OSError) as problem:
        sys.stderr.write(f"fault proxy: {problem}\n")
        return BAD_START
    sys.stderr.write(f"fault proxy: {HOST}:{proxy.server_port} leads to {url}\n")
    proxy.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
