"""A merchant's server that costs next to nothing: answers after so many milliseconds, or never, and counts.

`POST /<endpoint>/<milliseconds>` is a delivery, `/<endpoint>/hang` a black hole. `GET /count` tells how many
deliveries came and when the first did, `GET /arrivals` when each event came first, `POST /reset` begins anew.

One thread on epoll, without asyncio's layers: it runs on the same processors as those it measures.
"""

import argparse
import heapq
import json
import re
import select
import socket
import time
from itertools import count

EVENT_ID = re.compile(rb'"id":"(evt_[A-Za-z0-9]+)"')
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"
BACKLOG, PIECE_BYTES = 1024, 256 * 1024


class Sink:
    """All connections, kept alive, and what came over them."""

    def __init__(self, port: int) -> None:
        self.listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
        self.listener.setblocking(False)
        self.epoll = select.epoll()
        self.epoll.register(self.listener, select.EPOLLIN)
        self.lines: dict[int, socket.socket] = {}
        self.begun: dict[int, bytes] = {}  # requests that have come in part
        # (when, number, connection): answers that are due later; numbers, since sockets have no order.
        self.later: list[tuple[float, int, socket.socket]] = []
        self.numbers = count()
        self.counted = 0
        self.first: float | None = None
        self.arrivals: dict[str, float] = {}

    def serve(self) -> None:
        """Serve until killed."""
        while True:
            wait = max(0.0, self.later[0][0] - time.monotonic()) if self.later else -1
            for number, _ in self.epoll.poll(wait):
                line = self.lines.get(number)
                if line is None:
                    self.accept()
                else:
                    self.read(number, line)
            while self.later and self.later[0][0] <= time.monotonic():
                self.write(heapq.heappop(self.later)[2], OK)

    def accept(self) -> None:
        """Take in everybody who has knocked."""
        while True:
            try:
                line, _ = self.listener.accept()
            except BlockingIOError:
                return
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.lines[line.fileno()] = line
            self.epoll.register(line, select.EPOLLIN)

    def read(self, number: int, line: socket.socket) -> None:
        """Take requests apart as far as they have come."""
        try:
            received = line.recv(PIECE_BYTES)
        except ConnectionError:
            received = b""
        if not received:
            self.begun.pop(number, None)
            self.lines.pop(number).close()
            return
        received = self.begun.pop(number, b"") + received
        while (end := received.find(b"\r\n\r\n")) >= 0:
            head = received[:end]
            found = LENGTH.search(head)
            size = end + 4 + (int(found[1]) if found else 0)
            if len(received) < size:
                break
            body, received = received[end + 4 : size], received[size:]
            method, path, _ = head.split(b" ", 2)
            self.answer(line, method, path, body)
        if received:
            self.begun[number] = received

    def answer(self, line: socket.socket, method: bytes, path: bytes, body: bytes) -> None:
        """Answer one request, now or later."""
        if method == b"GET" or path == b"/reset":
            told = {"count": self.counted, "first": self.first}
            more = {} if path == b"/count" else {"arrivals": self.arrivals}
            text = json.dumps(told | more).encode()
            if path == b"/reset":
                self.counted, self.first, self.arrivals = 0, None, {}
            self.write(line, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text))
            return
        self.counted += 1
        now = time.time()
        self.first = self.first or now
        wait = path.rpartition(b"/")[2]
        if wait != b"hang" and (found := EVENT_ID.search(body)):
            self.arrivals.setdefault(found[1].decode(), now)
        if wait == b"0":
            self.write(line, OK)
        elif wait != b"hang":
            due = time.monotonic() + int(wait) / 1000
            heapq.heappush(self.later, (due, next(self.numbers), line))

    def write(self, line: socket.socket, data: bytes) -> None:
        """Write, unless the other side has gone."""
        if line.fileno() < 0:
            return
        try:
            line.sendall(data)
        except ConnectionError:
            self.begun.pop(line.fileno(), None)
            self.lines.pop(line.fileno()).close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    Sink(parser.parse_args().port).serve()
