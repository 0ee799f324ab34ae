"""The signature that goes out is the one that Stripe's own library verifies."""

import time

import pytest
import stripe

from kit.signing import signature_header, verifies

BODY = '{"id": "evt_1", "object": "event", "data": {"object": {"name": "Zoë"}}}'.encode()
SECRET = "whsec_one"


def test_the_official_library_accepts_the_header() -> None:
    header = signature_header(BODY, [SECRET], int(time.time()))
    event = stripe.Webhook.construct_event(BODY, header, SECRET)
    assert event["id"] == "evt_1"


def test_while_a_secret_is_being_rolled_both_secrets_verify() -> None:
    header = signature_header(BODY, ["whsec_new", "whsec_old"], int(time.time()))
    for secret in ("whsec_new", "whsec_old"):
        stripe.Webhook.construct_event(BODY, header, secret)
        assert verifies(header, BODY, secret, now=int(time.time()))


@pytest.mark.parametrize(
    ("body", "secret", "age_seconds"),
    [(BODY + b" ", SECRET, 0), (BODY, "whsec_other", 0), (BODY, SECRET, 301), (BODY, SECRET, -301)],
    ids=["another body", "another secret", "too old", "from the future"],
)
def test_a_signature_over_anything_else_is_refused(body: bytes, secret: str, age_seconds: int) -> None:
    header = signature_header(BODY, [SECRET], 1_800_000_000)
    assert not verifies(header, body, secret, now=1_800_000_000 + age_seconds)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1",
        "v1=abc",
        "t=,v1=abc",
        "t=²,v1=abc",
        "t=1,t=2,v1=a",
        "t=99999999999999999999,v1=a",
        "t=-1,v1=é",
        "=",
    ],
)
def test_a_malformed_header_is_refused_without_an_error(header: str) -> None:
    assert not verifies(header, BODY, SECRET, now=1)


def test_the_library_s_own_header_verifies_here() -> None:
    now = int(time.time())
    header = stripe.WebhookSignature.generate_signature_header(BODY.decode(), SECRET, now)
    assert verifies(header, BODY, SECRET, now=now)
