"""A merchant's server, on SINK_PORT, that drops events, each SINK_MOST_DROPS times at most.

Each line of SINK_JOURNAL is one request: the endpoint (the path), the event's id and type, and what was
answered. The bodies that came to the first endpoint are kept beside it, to be searched for what must not be
in them.
"""

import hashlib
import json
import os
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# The statuses with which a delivery is dropped; None closes the line without an answer.
DROPS: tuple[int | None, ...] = (500, None, 302, 503)
SOME = 0.3
TWICE = 0.08


class Sink(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, journal: Path, most_drops: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.most_drops = most_drops
        self.seen: Counter[tuple[str, str]] = Counter()
        self.guard = threading.Lock()
        self.journal = journal.open("a", encoding="utf-8")
        self.bodies = journal.with_suffix(".bodies").open("ab")

    def take(self, endpoint: str, body: bytes) -> int | None:
        """Writes the request down, and returns what it is answered with."""
        try:
            event = json.loads(body)
            event_id, event_type = event["id"], event["type"]
        except (ValueError, KeyError, TypeError):
            return 400
        with self.guard:
            self.seen[endpoint, event_id] += 1
            status = _status(endpoint, event_id, self.seen[endpoint, event_id], self.most_drops)
            line = {"endpoint": endpoint, "event": event_id, "type": event_type, "status": status}
            self.journal.write(json.dumps(line) + "\n")
            self.journal.flush()
            if endpoint == "/1":
                self.bodies.write(body + b"\n")
                self.bodies.flush()
        return status

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: a courier that was killed is no news here."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Sink

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # its sender died over it
            self.close_connection = True
            return
        status = self.server.take(self.path, body)
        if status is None:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing: the journal tells it all."""


def _status(endpoint: str, event_id: str, nth: int, most_drops: int) -> int | None:
    draw = hashlib.blake2b(f"{endpoint}{event_id}".encode(), digest_size=8).digest()
    part = int.from_bytes(draw) / 2**64
    drops = min(most_drops, 2 if part < TWICE else 1 if part < SOME else 0)
    return DROPS[(draw[0] + nth) % len(DROPS)] if nth <= drops else 200


def main() -> None:
    """Serve until the process ends."""
    given = os.environ
    journal, most_drops = Path(given["SINK_JOURNAL"]), int(given["SINK_MOST_DROPS"])
    Sink(int(given["SINK_PORT"]), journal, most_drops).serve_forever()
