"""Drives one server with a closed loop of keep-alive connections, cheaply enough to share its cores.

Run as a process of its own (`python -m bench.load`): the plan comes as JSON on standard input, the tally
leaves as JSON on standard output. Plain epoll and pre-rendered requests cost about a third of what asyncio
streams do, and what the generator burns is taken from the server that is measured.
"""

import json
import select
import socket
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

RECEIVE_BYTES = 1 << 18
STALLED_AFTER_SECONDS = 30.0
# Where a request holds this, each sending of it holds another number: an idempotency key is used once.
UNIQUE = "unique-0000000000000000000"
KEPT_FAILURE_BYTES = 600


@dataclass(frozen=True)
class Plan:
    """What to send: `requests` are whole HTTP/1.1 messages in Latin-1, sent in turn and round again."""

    port: int
    requests: Sequence[str]
    connections: int
    seconds: float
    max_requests: int = 1_000_000


@dataclass
class Tally:
    """What came back. `failed` counts every answer that was not 2xx, and every broken connection."""

    answered: int = 0
    failed: int = 0
    first_failure: str = ""
    seconds: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    answer_bytes: int = 0
    processor_seconds: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)


def render(method: str, path: str, headers: dict[str, str], body: str = "") -> str:
    """Render one whole request; `body` must be ASCII so that its length is its length in bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines) + "\r\n\r\n" + body


def answer_end(data: bytes) -> int:
    """Say where the answer at the head of `data` ends, or -1 while it is not all there yet."""
    head_end = data.find(b"\r\n\r\n")
    if head_end < 0:
        return -1
    head = data[:head_end].lower()
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        message = "an answer without Content-Length"
        raise ValueError(message)
    stop = head.find(b"\r\n", at + 2)
    length = int(head[at + 17 : stop if stop > 0 else head_end])
    end = head_end + 4 + length
    return end if len(data) >= end else -1


class Loop:
    """The closed loop: each connection sends its next request once it has its last answer."""

    def __init__(self, plan: Plan, clock: Callable[[], float] = time.perf_counter) -> None:
        self.plan = plan
        self.clock = clock
        self.requests = [text.encode("latin-1") for text in plan.requests]
        self.tally = Tally()
        self.latencies = array("d")
        self.sent = 0
        # In nanoseconds since 1970, so that no later turn begins with a number of an earlier one.
        self.first_number = time.time_ns()
        self.marked = any(UNIQUE in text for text in plan.requests)

    def run(self) -> Tally:
        """Send until the time or the count is spent, then wait for the answers that are still out."""
        processor_at_start = time.process_time()
        poll = select.epoll()
        lines: dict[int, socket.socket] = {}
        waiting: dict[int, float] = {}
        partial: dict[int, bytes] = {}
        for _ in range(min(self.plan.connections, self.plan.max_requests)):
            line = socket.create_connection(("127.0.0.1", self.plan.port), timeout=STALLED_AFTER_SECONDS)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # A socket with a timeout polls before each call; epoll has already said that it is ready.
            line.setblocking(False)
            lines[line.fileno()] = line
            poll.register(line.fileno(), select.EPOLLIN)
        began = self.clock()
        stop_at = began + self.plan.seconds
        try:
            for fd, line in lines.items():
                self._send(line, fd, waiting)
            while waiting:
                ready = poll.poll(STALLED_AFTER_SECONDS)
                if not ready:
                    self._fail(f"no answer within {STALLED_AFTER_SECONDS:.0f} s", len(waiting))
                    break
                for fd, _ in ready:
                    self._receive(lines[fd], fd, waiting, partial)
                    if fd not in waiting and self._may_send(stop_at):
                        self._send(lines[fd], fd, waiting)
        finally:
            self.tally.seconds = self.clock() - began
            self.tally.processor_seconds = time.process_time() - processor_at_start
            poll.close()
            for line in lines.values():
                line.close()
        return self._finish()

    def _may_send(self, stop_at: float) -> bool:
        return not self.tally.failed and self.sent < self.plan.max_requests and self.clock() < stop_at

    def _send(self, line: socket.socket, fd: int, waiting: dict[int, float]) -> None:
        request = self.requests[self.sent % len(self.requests)]
        if self.marked:
            request = request.replace(UNIQUE.encode(), b"unique-%019d" % (self.first_number + self.sent))
        self.sent += 1
        waiting[fd] = self.clock()
        line.sendall(request)

    def _receive(
        self, line: socket.socket, fd: int, waiting: dict[int, float], partial: dict[int, bytes]
    ) -> None:
        data = line.recv(RECEIVE_BYTES)
        if not data:
            waiting.pop(fd, None)
            self._fail("the server closed the connection", 1)
            line.close()
            return
        if fd in partial:
            data = partial.pop(fd) + data
        if answer_end(data) < 0:
            partial[fd] = data
            return
        self.latencies.append(self.clock() - waiting.pop(fd))
        self.tally.answered += 1
        self.tally.answer_bytes = len(data)
        status = data[9:12].decode("latin-1")
        self.tally.statuses[status] = self.tally.statuses.get(status, 0) + 1
        if not status.startswith("2"):
            self._fail(data[:KEPT_FAILURE_BYTES].decode("latin-1"), 1)

    def _fail(self, why: str, count: int) -> None:
        self.tally.failed += count
        self.tally.first_failure = self.tally.first_failure or why

    def _finish(self) -> Tally:
        ordered = sorted(self.latencies)
        if ordered:
            self.tally.p50_ms = 1000 * ordered[len(ordered) // 2]
            self.tally.p99_ms = 1000 * ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
        return self.tally


def main() -> None:
    """Read the plan, run it, print the tally."""
    tally = Loop(Plan(**json.load(sys.stdin))).run()
    json.dump(asdict(tally), sys.stdout)


if __name__ == "__main__":
    main()
