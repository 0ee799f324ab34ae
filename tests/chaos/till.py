"""A merchant's calls over bare HTTP: retried under the same idempotency key, as Stripe's own SDK would."""

import base64
import http.client
import json
import random
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.chaos import leaks

CALL_SECONDS = 10.0
PATIENCE_SECONDS = 6.0  # of a shopper who gets no answer at all
STUCK_SECONDS = 1.0  # and of one who hears that the first call still runs, when it has died
# As the SDK pauses before it tries again: longer each time, and no two at the same moment.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 1.5


@dataclass(frozen=True)
class Reply:
    """What a call came to; status 0 where the merchant never heard."""

    status: int
    body: dict[str, Any]

    @property
    def good(self) -> bool:
        return self.status == 200


@dataclass(frozen=True)
class Told:
    """One line of the client's journal: what was asked under which key, and what was answered."""

    order: int
    verb: str
    key: str | None
    status: int
    id: str | None
    state: str | None
    amount: int | None
    amount_received: int | None
    currency: str | None
    charge: str | None
    code: str | None


@dataclass
class ClientJournal:
    """All that merchants were ever told, in order."""

    told: list[Told] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def write(self, entry: Told, raw: bytes) -> None:
        with self.guard:
            self.told.append(entry)
            if leaks.in_clear(raw):
                self.leaks.append(f"a reply to {entry.verb} of order {entry.order} holds a card number")

    def save(self, path: Path) -> None:
        path.write_text("".join(json.dumps(asdict(entry)) + "\n" for entry in self.told))


class Till:
    """One merchant's thread: a kept connection to each gateway."""

    def __init__(
        self,
        gateways: Sequence[int],
        secret_key: str,
        journal: ClientJournal,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        turn: int = 0,
    ) -> None:
        """`turn` is the gateway that it begins with; it goes to the next one when it gets no answer."""
        self._gateways = list(gateways)
        self._lines: dict[int, http.client.HTTPConnection] = {}
        self._authorization = "Basic " + base64.b64encode(f"{secret_key}:".encode()).decode()
        self._journal = journal
        self._turn = turn
        self._patience_seconds = patience_seconds

    def post(
        self, order: int, verb: str, path: str, form: Mapping[str, Any], *,
        key: str | None = None, as_json: bool = False,
    ) -> Reply:  # fmt: skip
        body = json.dumps(form) if as_json else urlencode(form)
        kind = "application/json" if as_json else "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, **({"Idempotency-Key": key} if key else {})}
        return self._persistently(order, verb, key, ("POST", path, body.encode(), headers))

    def get(self, order: int, path: str) -> Reply:
        return self._persistently(order, "retrieve", None, ("GET", path, None, {}))

    def close(self) -> None:
        for line in self._lines.values():
            line.close()

    def _persistently(
        self, order: int, verb: str, key: str | None, call: tuple[str, str, bytes | None, dict[str, str]]
    ) -> Reply:
        begun = time.monotonic()
        stuck_since: float | None = None
        pause_seconds = FIRST_PAUSE_SECONDS
        raw, reply = b"", Reply(0, {})
        while time.monotonic() - begun < self._patience_seconds:
            try:
                reply, raw, again = self._once(*call)
            except (OSError, http.client.HTTPException, ValueError):
                reply, raw, again = Reply(0, {}), b"", key is not None or call[0] == "GET"
                self._turn += 1
            if not again:
                break
            if reply.body.get("error", {}).get("code") == "idempotency_key_in_use":
                stuck_since = stuck_since or time.monotonic()
                if time.monotonic() - stuck_since > STUCK_SECONDS:
                    break
            time.sleep(pause_seconds * (0.5 + random.random() / 2))
            pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)
        self._journal.write(_told(order, verb, key, reply), raw)
        return reply

    def _once(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[Reply, bytes, bool]:
        port = self._gateways[self._turn % len(self._gateways)]
        line = self._lines.pop(port, None) or http.client.HTTPConnection(
            "127.0.0.1", port, timeout=CALL_SECONDS
        )
        try:
            line.request(method, path, body, {**headers, "Authorization": self._authorization})
            answer = line.getresponse()
            raw = answer.read()
        except BaseException:
            line.close()
            raise
        self._lines[port] = line
        return Reply(answer.status, json.loads(raw)), raw, answer.headers.get("Stripe-Should-Retry") == "true"


def _told(order: int, verb: str, key: str | None, reply: Reply) -> Told:
    body = reply.body
    return Told(
        order=order,
        verb=verb,
        key=key,
        status=reply.status,
        id=body.get("id") or body.get("transaction_id"),
        state=body.get("status"),
        amount=body.get("amount", body.get("amount_total")),
        amount_received=body.get("amount_received", body.get("amount_captured")),
        currency=body.get("currency"),
        charge=body.get("latest_charge") or body.get("charge"),
        code=(body.get("error") or {}).get("code"),
    )
