"""A merchant's server that costs next to nothing: answers after so many milliseconds, or never, and counts.

`POST /<endpoint>/<milliseconds>` is a delivery, `/<endpoint>/hang` a black hole. `GET /count` tells how many
deliveries came and when the first did, `GET /arrivals` when each event came first, `POST /reset` begins anew.
"""

import argparse
import asyncio
import json
import re
import time

EVENT_ID = re.compile(rb'"id":"(evt_[A-Za-z0-9]+)"')
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"

counted = 0
first: float | None = None
arrivals: dict[str, float] = {}


class Answering(asyncio.Protocol):
    """One connection, kept alive."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        """Take requests apart as far as they have come."""
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end]
            found = LENGTH.search(head)
            size = end + 4 + (int(found[1]) if found else 0)
            if len(self.received) < size:
                return
            body, self.received = self.received[end + 4 : size], self.received[size:]
            method, path, _ = head.split(b" ", 2)
            self.answer(method, path, body)

    def answer(self, method: bytes, path: bytes, body: bytes) -> None:
        """Answer one request, now or later."""
        global counted, first  # noqa: PLW0603 - the process is this counter
        if method == b"GET" or path == b"/reset":
            told = {"count": counted, "first": first}
            self.say(json.dumps(told if path == b"/count" else told | {"arrivals": arrivals}).encode())
            if path == b"/reset":
                counted, first = 0, None
                arrivals.clear()
            return
        counted += 1
        first = first or time.time()
        wait = path.rpartition(b"/")[2]
        if wait != b"hang" and (found := EVENT_ID.search(body)):
            arrivals.setdefault(found[1].decode(), time.time())
        if wait == b"0":
            self.write(OK)
        elif wait != b"hang":
            asyncio.get_running_loop().call_later(int(wait) / 1000, self.write, OK)

    def say(self, text: bytes) -> None:
        """Answer with JSON."""
        self.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text))

    def write(self, data: bytes) -> None:
        """Write, unless the other side has gone."""
        if not self.transport.is_closing():
            self.transport.write(data)  # type: ignore[attr-defined]


async def serve(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(serve(parser.parse_args().port))
