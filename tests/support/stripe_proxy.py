"""A line between Florin and a Stripe, which loses, delays and rewords what passes, as a test plans it."""

import http.client
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

PASSED_ON = ("authorization", "content-type", "idempotency-key", "stripe-version")


@dataclass(frozen=True)
class Sent:
    """A request as Florin sent it."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]

    @property
    def what(self) -> str:
        """Method and path, ids and query left out: `POST /v1/payment_intents/:id/confirm`."""
        path = re.sub(r"/(pi|cs|re|ch|dp|issfr)_[A-Za-z0-9_]+", "/:id", self.path.partition("?")[0])
        return f"{self.method} {path}"


@dataclass(frozen=True)
class Answer:
    """What the peer said."""

    status: int
    body: bytes


Pass = Callable[[], Answer]
# Gets the request and the way on to the peer; returns what Florin hears, None for a broken line.
Step = Callable[[Sent, Pass], Answer | None]


def lost_answer(_: Sent, pass_on: Pass) -> None:
    """The peer acts, and its answer never comes back."""
    pass_on()


def lost_question(_sent: Sent, _pass_on: Pass) -> None:
    """The request leaves Florin and reaches nobody."""


def says(status: int, document: Any = b"") -> Step:
    """This is what arrives, whatever the peer would say; it is not asked."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return lambda _sent, _pass_on: Answer(status, body)


@dataclass
class Proxy:
    """The line; `sent` holds all that left Florin, in order. A plan is kept for each kind of request."""

    url: str = ""
    upstream: str = ""
    sent: list[Sent] = field(default_factory=list)
    plans: dict[str, deque[Step]] = field(default_factory=dict)
    rewrite: Callable[[Sent], Sent] = lambda sent: sent
    reword: Callable[[Answer], Answer] = lambda answer: answer

    def expect(self, what: str, *steps: Step) -> None:
        """Plan what happens to the next requests of a kind, such as `POST /v1/payment_intents`."""
        self.plans.setdefault(what, deque()).extend(steps)

    def reset(self) -> None:
        self.sent.clear()
        self.plans.clear()

    def whats(self) -> list[str]:
        return [sent.what for sent in self.sent]

    def handle(self, sent: Sent) -> Answer | None:
        self.sent.append(sent)
        planned = self.plans.get(sent.what)
        step = planned.popleft() if planned else None
        return step(sent, lambda: self.pass_on(sent)) if step else self.pass_on(sent)

    def pass_on(self, sent: Sent) -> Answer:
        """Ask the peer."""
        sent = self.rewrite(sent)
        parts = urlsplit(self.upstream)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
        try:
            headers = {name: value for name, value in sent.headers.items() if name in PASSED_ON}
            connection.request(sent.method, sent.path, body=sent.body or None, headers=headers)
            answer = connection.getresponse()
            return self.reword(Answer(answer.status, answer.read()))
        finally:
            connection.close()


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """A line to the peer at an address; to none where that is empty, for what the test says itself."""
    line = Proxy(upstream=upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = line.handle(Sent(self.command, self.path, body, headers))
            self.close_connection = True
            if answer is None:
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Request-Id", "req_of_the_peer")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(answer.body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """What passes is kept in `sent`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    line.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield line
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
