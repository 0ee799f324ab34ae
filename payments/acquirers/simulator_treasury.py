"""The bank simulator's treasury: settlements, their files and payouts over HTTP, every fault as a value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from kit import http
from kit.download import download
from payments.acquirers.reading import read_document
from payments.bank import NotFound, Unknown
from payments.treasury import Closed, FileRead, Listing, PayOut, PayoutStands, Rejected

FILE_SECONDS = 600.0
MOST_FILE_BYTES = 2 * 1024**3
PAGE = 100
STATUSES = frozenset(("pending", "paid", "failed", "returned"))


@dataclass(slots=True)
class SimulatorTreasury:
    """The treasury of the bank at `url`, which knows us by `secret`."""

    name: str
    url: str
    secret: str
    client: http.Client

    def settlements(self, after: int) -> Listing | Unknown:
        """Return a page of settlements behind a `seq`."""
        told = read_document(self._ask("GET", f"/v1/settlements?after={after}&limit={PAGE}"))
        if isinstance(told, Unknown):
            return told
        try:
            closed = tuple(_closed(item) for item in told["data"])
            return Listing(closed, _integer(told["cut_offs"]), bool(told["has_more"]))
        except (KeyError, TypeError) as error:
            return Unknown(f"the list can't be read: {type(error).__name__} {error}"[:200])

    def read_file(self, settlement_id: str, take: Callable[[bytes], None]) -> FileRead | Unknown:
        """Hand a settlement's file to `take`."""
        reply = download(
            f"{self.url}/v1/settlements/{quote(settlement_id)}/file",
            self._headers(),
            take,
            timeout_seconds=FILE_SECONDS,
            most_bytes=MOST_FILE_BYTES,
        )
        match reply:
            case http.Response(status=200):
                return FileRead()
            case http.Response():
                return Unknown(f"HTTP {reply.status}")
            case http.Failure():
                return Unknown(f"{reply.kind}: {reply.detail}")

    def pay_out(self, question: PayOut) -> PayoutStands | Rejected | Unknown:
        """Order a payout."""
        body = {
            "reference": question.reference,
            "merchant_id": question.merchant_id,
            "amount_minor": question.amount_minor,
            "currency": question.currency,
            "account": {
                "number": question.to.number, "routing_number": question.to.routing_number,
                "country": question.to.country, "holder_name": question.to.holder_name,
            },
            "descriptor": question.descriptor,
        }  # fmt: skip
        reply = self._ask("POST", "/v1/payouts", orjson.dumps(body))
        if isinstance(reply, http.Response) and reply.status == 400:
            return Rejected("the bank could not read the order")
        return _stands(reply, question.reference, question.amount_minor)

    def look_up_payout(self, reference: str) -> PayoutStands | NotFound | Unknown:
        """Return how a payout stands."""
        reply = self._ask("GET", f"/v1/payouts/{quote(reference)}")
        if isinstance(reply, http.Response) and reply.status == 404:
            return NotFound()
        return _stands(reply, reference, None)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def _ask(self, method: str, path: str, body: bytes | None = None) -> http.Response | http.Failure:
        headers = self._headers() | ({} if body is None else {"Content-Type": "application/json"})
        return self.client.request(method, self.url + path, body=body, headers=headers)


def _closed(item: dict[str, Any]) -> Closed:
    return Closed(
        id=_text(item["id"]),
        seq=_integer(item["seq"]),
        merchant_id=_text(item["merchant_id"]),
        currency=_text(item["currency"]),
        business_date=_text(item["business_date"]),
        line_count=_integer(item["line_count"]),
        gross_minor=_integer(item["gross_minor"]),
        costs_minor=_integer(item["costs_minor"]),
        net_minor=_integer(item["net_minor"]),
        sha256=_text(item["sha256"]),
        closed_at=_integer(item["closed_at"]),
    )


def _stands(
    reply: http.Response | http.Failure, reference: str, amount_minor: int | None
) -> PayoutStands | Unknown:
    told = read_document(reply)
    if isinstance(told, Unknown):
        return told
    try:
        if told["reference"] != reference:
            return Unknown("the answer is about another reference")
        if amount_minor is not None and told["amount_minor"] != amount_minor:
            return Unknown("the answer is about another amount")
        if told["status"] not in STATUSES:
            return Unknown("the answer has a status that nobody knows")
        reason, trace_id = told["reason"], told["trace_id"]
        return PayoutStands(
            told["status"],
            None if reason is None else _text(reason),
            None if trace_id is None else _text(trace_id),
            _integer(told["arrives_at"]),
        )
    except (KeyError, TypeError) as error:
        return Unknown(f"the answer can't be read: {type(error).__name__} {error}"[:200])


def _integer(value: Any) -> int:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise TypeError("not an integer")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value or len(value) > 255:
        raise TypeError("not a text")
    return value
