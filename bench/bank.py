"""A bank that approves everything after a set delay, so that the bank simulator is not what is measured.

It answers the simulator's contract for authorisations (and for captures, voids and refunds by the same
shape) from one asyncio process. `POST /delay {"milliseconds": n}` sets how long it thinks.
"""

import argparse
import asyncio
import json
import time
from typing import Any


def authorization(request: dict[str, Any]) -> dict[str, Any]:
    """Answer an authorisation with an approval in the simulator's shape."""
    amount_minor = request["amount_minor"]
    return {
        "object": "authorization",
        "reference": request["reference"],
        "outcome": "approved",
        "amount_minor": amount_minor,
        "currency": request["currency"],
        "captured_minor": amount_minor if request.get("capture") else 0,
        "refunded_minor": 0,
        "voided": False,
        "authorization_code": "123456",
        "network_transaction_id": "123456789012345",
        "network": "visa",
        "card": {
            "brand": "visa",
            "last4": request["card"]["number"][-4:],
            "country": "US",
            "funding": "credit",
        },
        "checks": {"cvc": None, "address_line1": None, "address_postal_code": None},
        "decline": None,
        "risk": {"level": "normal", "score": 12, "blocked": False},
        "created": int(time.time()),
    }


class Bank:
    """The delay that all connections share."""

    delay_seconds = 0.0

    def answer(self, path: str, body: bytes) -> tuple[dict[str, Any], float]:
        """Answer one request, and say how long the answer takes."""
        request = json.loads(body or b"{}")
        if path == "/delay":
            self.delay_seconds = request["milliseconds"] / 1000
            return {"milliseconds": request["milliseconds"]}, 0.0
        if path == "/v1/authorizations":
            return authorization(request), self.delay_seconds
        if path == "/health":
            return {"status": "ok"}, 0.0
        message = f"the bench's bank knows nothing of {path}"
        return {"error": {"code": "not_found", "message": message, "field": None}}, 0.0


class Connection(asyncio.Protocol):
    """One keep-alive HTTP/1.1 connection; requests on it are answered one after another."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.buffer = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self.buffer[:head_end].decode("latin-1")
        length = 0
        for line in head.split("\r\n")[1:]:
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                length = int(value)
        body = self.buffer[head_end + 4 : head_end + 4 + length]
        if len(body) < length:
            return
        self.buffer = b""
        answer, delay_seconds = self.bank.answer(head.split(" ", 2)[1].partition("?")[0], body)
        if delay_seconds:
            asyncio.get_running_loop().call_later(delay_seconds, self.write, answer)
        else:
            self.write(answer)

    def write(self, answer: dict[str, Any]) -> None:
        """Send an answer, unless the caller has gone by now."""
        if self.transport is None or self.transport.is_closing():
            return
        body = json.dumps(answer).encode()
        status = b"404 Not Found" if "error" in answer else b"200 OK"
        self.transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(body), body)
        )


async def serve(port: int) -> None:
    """Serve until the process is ended."""
    bank = Bank()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(bank), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


def main() -> None:
    """Run the bank on the port that `--port` gives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
