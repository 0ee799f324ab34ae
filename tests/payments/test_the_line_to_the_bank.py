"""The bank's HTTP as the acquirer's adapter reads it: what a real socket delivers becomes an honest value."""

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kit import http
from payments.acquirers.simulator import SimulatorAcquirer
from payments.bank import (
    Acquirer,
    Address,
    Answer,
    Authorize,
    Authorized,
    Capture,
    Declined,
    Done,
    NotFound,
    Refund,
    Refused,
    Unavailable,
    Unknown,
    Void,
)
from payments.charging.cards import CardDetails
from tests.support.ports import free_port
from tests.webhooks.scripted_server import Make, answering, dripping, playing, reply

pytestmark = pytest.mark.slow

DEADLINE_SECONDS = 0.5
CARD = CardDetails("4242424242424242", 12, 2034, "123", "Jenny Rosen")
AUTHORIZE = Authorize("att_1", 2000, "usd", capture=True, card=CARD)
MOVEMENT = {
    "object": "capture", "reference": "att_2", "authorization": "att_1", "outcome": "approved",
    "reason": None, "amount_minor": 500, "currency": "usd", "acquirer_reference": "7" * 23,
}  # fmt: skip
APPROVED: dict[str, Any] = {
    "object": "authorization", "reference": "att_1", "outcome": "approved", "amount_minor": 2000,
    "currency": "usd", "captured_minor": 2000, "refunded_minor": 0, "voided": False, "tombstone": False,
    "authorization_code": "A1B2C3", "network_transaction_id": "123456789012345", "network": "visa",
    "card": {"brand": "visa", "last4": "4242", "country": "US", "funding": "credit"},
    "checks": {"cvc": "pass", "address_line1": None, "address_postal_code": None}, "decline": None,
    "risk": {"level": "normal", "score": 20, "blocked": False}, "created": 1,
}  # fmt: skip
DECLINE = {"code": "card_declined", "decline_code": "lost_card", "network_decline_code": "41",
           "advice_code": None}  # fmt: skip
Verb = Callable[[Acquirer], Answer]
VERBS: dict[str, Verb] = {
    "authorize": lambda line: line.authorize(AUTHORIZE),
    "look up": lambda line: line.look_up("att_1"),
    "capture": lambda line: line.capture(Capture("att_2", "att_1", 500)),
    "refund": lambda line: line.refund(Refund("att_2", "att_1", 500)),
    "void": lambda line: line.void(Void("att_1")),
}
every_verb = pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())


def line_to(port: int) -> SimulatorAcquirer:
    client = http.Client(timeout_seconds=DEADLINE_SECONDS)
    return SimulatorAcquirer("test", f"http://127.0.0.1:{port}", "secret", client)


@pytest.fixture
def heard() -> Iterator[Callable[[Verb, Make], Answer]]:
    """What a verb makes of a server that plays a script."""
    lines: list[SimulatorAcquirer] = []

    def hear(verb: Verb, script: Make) -> Answer:
        with playing(script) as server:
            lines.append(line_to(server.port))
            answer = verb(lines[-1])
            server.done.set()
            return answer

    yield hear
    for line in lines:
        line.client.close()


def said(document: object, status: str = "200 OK") -> Make:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return answering(reply(status, body))


def hangs_up(server: Any) -> list[Callable[[socket.socket], None]]:
    return [lambda connection: server.read_request(connection) and None]


def stays_silent(server: Any) -> list[Callable[[socket.socket], None]]:
    def script(connection: socket.socket) -> None:
        server.read_request(connection)
        server.done.wait(10)

    return [script]


GARBAGE: dict[str, Make] = {
    "nothing at all": said(b""),
    "no JSON": said(b"<html>502</html>"),
    "half a document": said(json.dumps(APPROVED).encode()[:40]),
    "a list": said([APPROVED]),
    "null": said(None),
    "an empty object": said({}),
    "no UTF-8": said(b'{"outcome": "\xff"}'),
    "a number too many": said(b'{"reference": 1e999}'),
    "not found without a reason": said({"message": "no such route"}, "404 Not Found"),
    "an error of the bank": said({"error": {"code": "internal"}}, "500 Internal Server Error"),
    "a gateway between": said(b"bad gateway", "502 Bad Gateway"),
    "a redirect": answering(reply("302 Found", b"", "Location: http://127.0.0.1:1/")),
    "wrong credentials": said({"error": {"code": "unauthorized"}}, "401 Unauthorized"),
    "the reference is another's": said({"error": {"code": "reference_reused"}}, "409 Conflict"),
    "no HTTP": answering(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "megabytes": said(b"x" * 100_000),
    "a drip": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
    "a cut": answering(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
    "a hang-up": hangs_up,
    "silence": stays_silent,
    "an unknown outcome": said(APPROVED | {"outcome": "maybe"}),
    "another reference": said(APPROVED | {"reference": "att_9"}),
}


@every_verb
@pytest.mark.parametrize("script", GARBAGE.values(), ids=GARBAGE.keys())
def test_what_cannot_be_understood_is_unknown(
    heard: Callable[[Verb, Make], Answer], verb: Verb, script: Make
) -> None:
    assert isinstance(heard(verb, script), Unknown)


WRONG_FIELDS: dict[str, dict[str, Any]] = {
    "amount as text": {"amount_minor": "2000"},
    "amount as a fraction": {"amount_minor": 2000.0},
    "amount as truth": {"amount_minor": True},
    "negative amount": {"amount_minor": -2000},
    "huge amount": {"amount_minor": 2**63},
    "captured as null": {"captured_minor": None},
    "captured missing": {"captured_minor": {}},
    "currency as a number": {"currency": 840},
    "code as a list": {"authorization_code": ["A1B2C3"]},
    "a NUL in the code": {"authorization_code": "A1\0C3"},
    "card as text": {"card": "4242"},
    "checks as a list": {"checks": ["pass"]},
    "risk as a number": {"risk": 20},
    "a score of text": {"risk": {"level": "normal", "score": "20", "blocked": False}},
    "declined without a reason": {"outcome": "declined"},
    "declined with an empty reason": {"outcome": "declined", "decline": {}},
    "declined with a number": {"outcome": "declined", "decline": DECLINE | {"code": 51}},
    "outcome as a list": {"outcome": ["approved"]},
    "outcome missing": {"outcome": None},
}


@pytest.mark.parametrize("verb", ["authorize", "look up"])
@pytest.mark.parametrize("wrong", WRONG_FIELDS.values(), ids=WRONG_FIELDS.keys())
def test_an_authorisation_of_the_wrong_types_is_unknown(
    heard: Callable[[Verb, Make], Answer], verb: str, wrong: dict[str, Any]
) -> None:
    assert isinstance(heard(VERBS[verb], said(APPROVED | wrong)), Unknown)


@pytest.mark.parametrize("verb", ["capture", "refund"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": 501},
        {"amount_minor": "500"},
        {"amount_minor": None},
        {"reference": "att_3"},
        {"reference": None},
        {"acquirer_reference": 7},
        {"outcome": "declined", "reason": None},
        {"outcome": None},
    ],
)
def test_a_movement_that_does_not_answer_the_question_is_unknown(
    heard: Callable[[Verb, Make], Answer], verb: str, wrong: dict[str, Any]
) -> None:
    assert isinstance(heard(VERBS[verb], said(MOVEMENT | wrong)), Unknown)


def test_what_can_be_understood_is_understood(heard: Callable[[Verb, Make], Answer]) -> None:
    for verb in ("authorize", "look up"):
        answer = heard(VERBS[verb], said(APPROVED))
        assert isinstance(answer, Authorized)
        assert (answer.amount_minor, answer.captured_minor, answer.currency) == (2000, 2000, "usd")
        declined = heard(VERBS[verb], said(APPROVED | {"outcome": "declined", "decline": DECLINE}))
        assert isinstance(declined, Declined)
        assert (declined.code, declined.decline_code) == ("card_declined", "lost_card")
        assert isinstance(heard(VERBS[verb], said(APPROVED | {"outcome": "voided"})), Declined)
    for verb in ("capture", "refund"):
        assert heard(VERBS[verb], said(MOVEMENT)) == Done("7" * 23)
        refused = MOVEMENT | {"outcome": "declined", "reason": "exceeds_captured"}
        assert heard(VERBS[verb], said(refused)) == Refused("exceeds_captured")
    voided = MOVEMENT | {"reference": "att_1_void", "outcome": "voided", "acquirer_reference": None}
    assert heard(VERBS["void"], said(voided)) == Done(None)


def test_what_never_left_the_house_is_no_payment() -> None:
    assert isinstance(line_to(free_port()).authorize(AUTHORIZE), Unavailable)


def test_a_bank_that_is_closed_promises_to_have_done_nothing(heard: Callable[[Verb, Make], Answer]) -> None:
    closed = said({"error": {"code": "closed", "message": "back at eight"}}, "503 Service Unavailable")
    assert isinstance(heard(VERBS["authorize"], closed), Unavailable)
    for verb in ("look up", "capture", "refund", "void"):
        assert isinstance(heard(VERBS[verb], closed), Unknown)


@pytest.mark.parametrize("code", ["unavailable", None])
def test_any_other_bank_out_of_order_may_have_acted(
    heard: Callable[[Verb, Make], Answer], code: str | None
) -> None:
    broken = said({"error": {"code": code}}, "503 Service Unavailable")
    assert isinstance(heard(VERBS["authorize"], broken), Unknown)


@pytest.mark.parametrize("verb", ["look up", "capture", "refund", "void"])
def test_a_bank_that_cannot_be_reached_later_has_decided_nothing(verb: str) -> None:
    # Above all for a look-up: the payment that it asks about may long have been approved.
    assert isinstance(VERBS[verb](line_to(free_port())), Unknown)


def test_a_bank_that_has_never_seen_the_reference_says_so(heard: Callable[[Verb, Make], Answer]) -> None:
    absent = {"error": {"code": "not_found", "message": "never heard of it", "field": None}}
    assert heard(VERBS["look up"], said(absent, "404 Not Found")) == NotFound()
    for verb in ("authorize", "capture", "refund", "void"):
        assert isinstance(heard(VERBS[verb], said(absent, "404 Not Found")), Unknown)


def test_a_question_that_the_bank_could_not_read_is_no_payment(heard: Callable[[Verb, Make], Answer]) -> None:
    unreadable = said({"error": {"code": "invalid_request", "field": "card.cvc"}}, "400 Bad Request")
    assert isinstance(heard(VERBS["authorize"], unreadable), Declined)
    for verb in ("look up", "capture", "refund", "void"):
        assert isinstance(heard(VERBS[verb], unreadable), Unknown)


def test_the_bank_is_sent_only_what_it_can_read() -> None:
    words = "J\0e\nn" + "y" * 600
    card = CardDetails(CARD.number, 12, 2034, "123", words)
    address = Address(line1=words, postal_code="94103\t", country="U.S.A.")
    with playing(said(APPROVED)) as server:
        line = line_to(server.port)
        line.authorize(Authorize("att_1", 2000, "usd", capture=True, card=card, address=address))
        line.client.close()
        (request,) = server.requests
    body = json.loads(request.partition(b"\r\n\r\n")[2])
    assert body["card"]["holder_name"] == ("J e n" + "y" * 600)[:500]
    assert body["billing_address"] == {"line1": body["card"]["holder_name"], "postal_code": "94103 ",
                                       "country": None}  # fmt: skip
    assert request.startswith(b"POST /v1/authorizations HTTP/1.1\r\n")
    assert b"Authorization: Bearer secret\r\n" in request
