"""The bank simulator as an acquirer: our port in its HTTP, every fault of the line as a value."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from kit import http
from payments import bank
from payments.acquirers.method_facts import expiry, method_facts
from payments.acquirers.reading import integer, read_document, text, text_or_none, web_address
from payments.bank_journal import JournalEntry

JSON_HEADERS = {"Content-Type": "application/json"}
NOTHING_DONE = "closed"  # the code of a 503 by which the bank promises that it has not acted
LOOK_SECONDS = 5.0  # a look moves no money, so it need not wait as long as a question
JOURNAL_ROWS = 80  # in one answer, which is cut off at 64 KiB
RETURN_SALT = "florin.return"
RETURN_SECONDS = 30 * 60
LONGEST_WORDS = 500
THREE_D_SECURE = (
    "authentication_flow", "electronic_commerce_indicator", "exemption_indicator", "result", "result_reason",
    "transaction_id", "version",
)  # fmt: skip
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
COUNTRY = re.compile(r"[A-Za-z]{2}")


@dataclass(slots=True)
class SimulatorAcquirer:
    """A bank at `url`, which knows us by `secret`."""

    name: str
    url: str
    secret: str
    client: http.Client

    def authorize(self, question: bank.Authorize) -> bank.Answer:
        """Ask for an authorisation, captured at once where the question says so."""
        card, address = question.card, question.address
        body = {
            "reference": question.reference,
            "merchant_id": question.merchant_id,
            "amount_minor": question.amount_minor,
            "currency": question.currency,
            "capture": question.capture,
            "card": {
                "number": card.number, "exp_month": card.exp_month, "exp_year": card.exp_year,
                "cvc": card.cvc, "holder_name": _words(card.holder_name),
            },
            "billing_address": {
                "line1": _words(address.line1), "postal_code": _words(address.postal_code),
                "country": _country(address.country),
            },
            "initiator": question.initiator,
            "return_url": question.return_url,
            "three_d_secure": question.three_d_secure,
            "sets_up": question.sets_up,
            "set_up_by": question.set_up_by,
            "descriptor": _words(question.descriptor),
            "browser_language": question.browser_language,
        }  # fmt: skip
        reply = self._post("/v1/authorizations", body)
        return _never_acted(reply) or _authorization(reply, question.reference)

    def initiate(self, question: bank.Initiate) -> bank.Answer:
        """Ask for a payment by a method other than a card."""
        body = {
            "reference": question.reference,
            "merchant_id": question.merchant_id,
            "amount_minor": question.amount_minor,
            "currency": question.currency,
            "method": question.method,
            "details": {name: _words(value) for name, value in question.details.items()},
            "capture": question.capture,
            "return_url": question.return_url,
            "descriptor": _words(question.descriptor),
            "browser_language": question.browser_language,
        }
        reply = self._post("/v1/payments", body)
        return _never_acted(reply) or _authorization(reply, question.reference)

    def capture(self, question: bank.Capture) -> bank.Answer:
        """Capture an authorisation."""
        body = {"reference": question.reference, "amount_minor": question.amount_minor}
        reply = self._post(f"/v1/authorizations/{quote(question.authorization)}/captures", body)
        return _movement(reply, question.reference, question.amount_minor)

    def refund(self, question: bank.Refund) -> bank.Answer:
        """Refund a capture."""
        body = {"reference": question.reference, "amount_minor": question.amount_minor}
        reply = self._post(f"/v1/authorizations/{quote(question.authorization)}/refunds", body)
        return _movement(reply, question.reference, question.amount_minor)

    def void(self, question: bank.Void) -> bank.Answer:
        """Release an authorisation, or leave a tombstone for it."""
        reference = f"{question.authorization}_void"
        reply = self._post(
            f"/v1/authorizations/{quote(question.authorization)}/void", {"reference": reference}
        )
        return _movement(reply, reference, None)

    def look_up(self, reference: str) -> bank.Answer:
        """Return how the authorisation of that reference stands."""
        reply = self._ask("GET", f"/v1/authorizations/{quote(reference)}", None, LOOK_SECONDS)
        if isinstance(reply, http.Response) and reply.status == 404:
            return bank.NotFound() if _error_code(reply) == "not_found" else bank.Unknown("HTTP 404")
        return _authorization(reply, reference)

    def journal(self, after: int) -> list[JournalEntry] | bank.Unknown:
        """Return the next entries of the bank's journal, as many as fit into one answer."""
        path = f"/v1/journal?after={after}&limit={JOURNAL_ROWS}"
        document = read_document(self._ask("GET", path, None))
        if isinstance(document, bank.Unknown):
            return document
        try:
            return [_entry(row) for row in document["data"]]
        except (KeyError, TypeError, AttributeError) as error:
            return bank.Unknown(f"the journal can't be read: {type(error).__name__} {error}"[:200])

    def read_return(self, reference: str, token: str) -> bank.Return:
        """Tell whether the bank signed `token` for `reference`, and not too long ago."""
        signer = URLSafeTimedSerializer(self.secret, salt=RETURN_SALT)
        try:
            said = signer.loads(token)
        except BadData:
            return "bad"
        if not isinstance(said, dict) or said.get("reference") != reference:
            return "bad"
        try:
            signer.loads(token, max_age=RETURN_SECONDS)
        except SignatureExpired:
            return "expired"
        return "good"

    def _post(self, path: str, body: dict[str, Any]) -> http.Response | http.Failure:
        return self._ask("POST", path, orjson.dumps(body))

    def _ask(
        self, method: str, path: str, body: bytes | None, timeout_seconds: float | None = None
    ) -> http.Response | http.Failure:
        headers = {"Authorization": f"Bearer {self.secret}", **(JSON_HEADERS if body is not None else {})}
        url = self.url + path
        return self.client.request(method, url, body=body, headers=headers, timeout_seconds=timeout_seconds)


def _error_code(reply: http.Response) -> str | None:
    try:
        return str(orjson.loads(reply.body)["error"]["code"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None


def _never_acted(reply: http.Response | http.Failure) -> bank.Answer | None:
    """Return what it means that surely no money moved, None where it may have: see docs/bank_simulator.md."""
    match reply:
        case http.Failure(sent=False):
            return bank.Unavailable(f"{reply.kind}: {reply.detail}")
        case http.Response(status=400) if _error_code(reply) == "invalid_request":
            return bank.Declined("processing_error", "processing_error")
        case http.Response(status=503) if _error_code(reply) == NOTHING_DONE:
            return bank.Unavailable("the bank is closed and has done nothing")
        case _:
            return None


def _authorization(reply: http.Response | http.Failure, reference: str) -> bank.Answer:
    document = read_document(reply)
    if isinstance(document, bank.Unknown):
        return document
    try:
        if document["reference"] != reference:
            return bank.Unknown("the answer is about another reference")
        return _read_authorization(document)
    except (KeyError, TypeError, AttributeError) as error:
        return bank.Unknown(f"the answer can't be read: {type(error).__name__} {error}"[:200])


def _read_authorization(document: dict[str, Any]) -> bank.Answer:
    facts = _facts(document)
    match document["outcome"]:
        case "approved":
            return bank.Authorized(
                amount_minor=integer(document["amount_minor"]),
                currency=text(document["currency"]),
                captured_minor=integer(document["captured_minor"]),
                authorization_code=text_or_none(document["authorization_code"]),
                network_transaction_id=text_or_none(document["network_transaction_id"]),
                facts=facts,
            )
        case "declined":
            told = document["decline"]
            return bank.Declined(
                text(told["code"]),
                text_or_none(told["decline_code"]),
                text_or_none(told["network_decline_code"]),
                text_or_none(told["advice_code"]),
                facts,
            )
        case "voided":
            return bank.Declined("processing_error", "processing_error", facts=facts)
        case "challenge_required":
            return bank.ChallengeRequired(web_address(document["challenge_url"]), expiry(document))
        case "pending":
            return bank.Pending(facts)
        case other:
            return bank.Unknown(f"unknown outcome {other!r}"[:200])


def _facts(document: dict[str, Any]) -> bank.CardFacts:
    card, checks, risk = document.get("card") or {}, document.get("checks") or {}, document.get("risk") or {}
    score = risk.get("score")
    return bank.CardFacts(
        network=text_or_none(document.get("network")),
        country=text_or_none(card.get("country")),
        funding=text_or_none(card.get("funding")),
        cvc_check=text_or_none(checks.get("cvc")),
        address_line1_check=text_or_none(checks.get("address_line1")),
        address_postal_code_check=text_or_none(checks.get("address_postal_code")),
        risk_level=text(risk.get("level", "normal")),
        risk_score=None if score is None else integer(score),
        blocked=bool(risk.get("blocked")),
        three_d_secure=_three_d_secure(document.get("three_d_secure")),
        method=method_facts(document.get("method")),
    )


def _three_d_secure(told: dict[str, Any] | None) -> dict[str, Any] | None:
    return told and {name: text_or_none(told.get(name)) for name in THREE_D_SECURE}


def _entry(row: dict[str, Any]) -> JournalEntry:
    return JournalEntry(
        seq=integer(row["seq"]),
        kind=text(row["kind"]),
        reference=text(row["reference"]),
        authorization=text(row["authorization"]),
        outcome=text(row["outcome"]),
        amount_minor=integer(row["amount_minor"]),
        currency=text_or_none(row["currency"]),
    )


def _movement(reply: http.Response | http.Failure, reference: str, amount_minor: int | None) -> bank.Answer:
    """Read the answer to a capture, refund or void; one about anything else than what was asked is none."""
    document = read_document(reply)
    if isinstance(document, bank.Unknown):
        return document
    if document.get("reference") != reference:
        return bank.Unknown("the answer is about another reference")
    if amount_minor is not None and document.get("amount_minor") != amount_minor:
        return bank.Unknown("the answer is about another amount")
    try:
        match document.get("outcome"):
            case "approved" | "voided":
                return bank.Done(text_or_none(document.get("acquirer_reference")))
            case "pending" if document.get("object") == "refund":
                return bank.Pending()
            case "declined":
                return bank.Refused(text(document.get("reason")))
            case other:
                return bank.Unknown(f"unknown outcome {other!r}"[:200])
    except TypeError as error:
        return bank.Unknown(f"the answer can't be read: {error}")


# What the bank can read of an address: anything else would have the whole question refused.


def _words(given: str | None) -> str | None:
    return given and UNPRINTABLE.sub(" ", given)[:LONGEST_WORDS]


def _country(given: str | None) -> str | None:
    return given if given and COUNTRY.fullmatch(given) else None
