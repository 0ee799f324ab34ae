"""The bank simulator's desk for disputes, warnings, slow refunds and missed notices: our port in its HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import orjson

from kit import http
from payments.acquirers.reading import integer, text, text_or_none
from payments.bank import NotFound, Refused, Unknown
from payments.cases import CardFacts, DisputeFacts, Evidence, Notice, NoticePage, RefundFacts, WarningFacts

LOOK_SECONDS = 5.0
PAGE_ROWS = 100
Told = TypeVar("Told")

# The bank's words -> Stripe's.
DISPUTE_STATUSES = {
    "inquiry": "warning_needs_response", "inquiry_review": "warning_under_review", "closed": "warning_closed",
    "chargeback": "needs_response", "review": "under_review", "won": "won", "lost": "lost",
}  # fmt: skip
REFUND_STATUSES = {"pending": "pending", "approved": "succeeded", "failed": "failed", "declined": "failed"}


@dataclass(slots=True)
class SimulatorDesk:
    """The desk of a bank at `url`, which knows us by `secret`."""

    url: str
    secret: str
    client: http.Client

    def dispute(self, dispute_id: str) -> DisputeFacts | NotFound | Unknown:
        """Return how a dispute stands."""
        return self._look(f"/v1/disputes/{quote(dispute_id)}", _about("id", dispute_id, _dispute))

    def disputes_of(self, authorization: str) -> list[DisputeFacts] | NotFound | Unknown:
        """Return how each dispute of a payment stands; the bank first opens those that are about to come."""
        path = f"/v1/authorizations/{quote(authorization)}/disputes"
        read = _about("authorization", authorization, _dispute)
        return self._look(path, lambda told: [read(row) for row in told["data"]])

    def fraud_warning(self, warning_id: str) -> WarningFacts | NotFound | Unknown:
        """Return a fraud warning."""
        return self._look(f"/v1/fraud_warnings/{quote(warning_id)}", _about("id", warning_id, _warning))

    def card_update(self, update_id: str) -> CardFacts | NotFound | Unknown:
        """Return what an issuer has changed about a card."""
        return self._look(f"/v1/card_updates/{quote(update_id)}", _about("id", update_id, _card))

    def refund(self, reference: str) -> RefundFacts | NotFound | Unknown:
        """Return how a refund stands, by our reference."""
        return self._look(f"/v1/operations/{quote(reference)}", _about("reference", reference, _refund))

    def move(self, evidence: Evidence) -> DisputeFacts | Refused | Unknown:
        """Submit evidence or give in, and return how the dispute stood then."""
        body: dict[str, Any] = {"reference": evidence.reference}
        verb = "close"
        if evidence.texts is not None:
            verb, body["evidence"] = "evidence", evidence.texts
        path = f"/v1/disputes/{quote(evidence.dispute_id)}/{verb}"
        read = _about("reference", evidence.reference, _moved)
        told = self._ask("POST", path, read, orjson.dumps(body))
        return Unknown("the bank has no such dispute") if isinstance(told, NotFound) else told

    def notices(self, after: int) -> NoticePage | Unknown:
        """Return the notices that come after a place."""
        told = self._look(f"/v1/notices?after={after}&limit={PAGE_ROWS}", _page)
        return Unknown("the bank does not tell its notices again") if isinstance(told, NotFound) else told

    def _look(self, path: str, read: Callable[[dict[str, Any]], Told]) -> Told | NotFound | Unknown:
        return self._ask("GET", path, read, None, LOOK_SECONDS)

    def _ask(
        self,
        method: str,
        path: str,
        read: Callable[[dict[str, Any]], Told],
        body: bytes | None,
        timeout_seconds: float | None = None,
    ) -> Told | NotFound | Unknown:
        headers = {"Authorization": f"Bearer {self.secret}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        reply = self.client.request(
            method, self.url + path, body=body, headers=headers, timeout_seconds=timeout_seconds
        )
        match reply:
            case http.Failure():
                return Unknown(f"{reply.kind}: {reply.detail}")
            case http.Response(status=404):
                return NotFound()
            case http.Response(status=200, truncated=False):
                return _read(reply.body, read)
            case _:
                return Unknown(f"HTTP {reply.status}")


def _about(field: str, subject: str, read: Callable[[dict[str, Any]], Told]) -> Callable[..., Told]:
    """Return `read` for answers that name what was asked: another one may belong to an earlier question."""

    def checked(told: dict[str, Any]) -> Told:
        if told[field] != subject:
            raise ValueError("it is about something else")
        return read(told)

    return checked


def _read(body: bytes, read: Callable[[dict[str, Any]], Told]) -> Told | Unknown:
    try:
        return read(orjson.loads(body))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        return Unknown(f"the answer can't be read: {type(error).__name__} {error}"[:200])


def _dispute(told: dict[str, Any]) -> DisputeFacts:
    return DisputeFacts(
        id=text(told["id"]),
        authorization=text(told["authorization"]),
        history=_history(told["history"], DISPUTE_STATUSES),
        reason=text(told["reason"]),
        network_reason_code=text_or_none(told["network_reason_code"]),
        amount_minor=integer(told["amount_minor"]),
        currency=text(told["currency"]),
        due_by=integer(told["due_by"]),
    )


def _warning(told: dict[str, Any]) -> WarningFacts:
    return WarningFacts(text(told["id"]), text(told["authorization"]), text(told["fraud_type"]))


def _card(told: dict[str, Any]) -> CardFacts:
    month, year = integer(told["exp_month"]), integer(told["exp_year"])
    if not (1 <= month <= 12 and 1970 <= year <= 2199):
        raise ValueError("not a month")
    return CardFacts(text(told["authorization"]), month, year)


def _refund(told: dict[str, Any]) -> RefundFacts:
    if told["object"] != "refund":
        raise TypeError("not a refund")
    history = _history(told.get("history") or [told["outcome"]], REFUND_STATUSES)
    return RefundFacts(history, text_or_none(told["acquirer_reference"]), text_or_none(told["reason"]))


def _moved(told: dict[str, Any]) -> DisputeFacts | Refused:
    match told["outcome"]:
        case "approved":
            return _dispute(told["dispute"])
        case "declined":
            return Refused(text(told["reason"]))
    raise TypeError("not an outcome")


def _page(told: dict[str, Any]) -> NoticePage:
    notices = tuple(
        Notice(integer(row["seq"]), text(row["id"]), text(row["kind"]), text(row["subject"]))
        for row in told["data"]
    )
    return NoticePage(notices, bool(told["has_more"]))


def _history(told: list[str], words: dict[str, str]) -> tuple[str, ...]:
    if not told:
        raise TypeError("no history")
    return tuple(words[status] for status in told)
