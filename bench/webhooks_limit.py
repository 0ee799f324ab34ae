"""The limit of sending: a bare loop that posts finished requests and reads what comes back.

No database, no queue, no signature, no look at the address, nothing kept: what the kernel, the interpreter
and the sink leave to whoever sends webhooks on this machine. Two of these processes run where a contender's
two workers would, over as many connections as Florin uses.
"""

import argparse
import select
import socket
import sys
import time
from urllib.parse import urlsplit

import orjson

BODY_BYTES = 800  # as long as the events of the benchmark
READ_BYTES = 4096
END_OF_REPLY = b"\r\n\r\nok"


def request(url: str) -> bytes:
    """Give a whole request, of the size that a delivery has."""
    target = urlsplit(url)
    body = orjson.dumps({"object": "event", "data": "x" * BODY_BYTES})
    head = (
        f"POST {target.path} HTTP/1.1\r\nHost: {target.netloc}\r\nContent-Type: application/json\r\n"
        f"X-Signatures: {'x' * 300}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(urls: list[str], count: int, connections: int) -> float:
    """Post `count` times to the addresses in turn; give the seconds from the first to the last answer."""
    target = urlsplit(urls[0])
    requests = [request(url) for url in urls]
    epoll, lines = select.epoll(), {}
    for _ in range(connections):
        line = socket.create_connection((target.hostname or "", target.port or 80))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines[line.fileno()] = line
        epoll.register(line, select.EPOLLIN)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    began = time.perf_counter()
    sent = answered = 0
    for line in list(lines.values())[:count]:
        line.sendall(requests[sent % len(requests)])
        sent += 1
    while answered < count:
        for number, _ in epoll.poll():
            line = lines[number]
            if not line.recv(READ_BYTES).endswith(END_OF_REPLY):
                raise SystemExit("the sink answered otherwise than it was asked to")
            answered += 1
            if sent < count:
                line.sendall(requests[sent % len(requests)])
                sent += 1
    return time.perf_counter() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("urls", nargs="+")
    given = parser.parse_args()
    print(send(given.urls, given.count, given.connections))
