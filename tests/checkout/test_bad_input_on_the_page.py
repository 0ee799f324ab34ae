"""Whatever is posted to the page: no 500, nothing charged, nothing lost but the security code."""

import logging
import string

import pytest
import sqlalchemy
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.database import db
from tests.support.buyer import Buyer, Till
from tests.support.hosted_page import GOOD_CARD, INSUFFICIENT_FUNDS, TYPED


def nothing_happened(till: Till, session_id: str) -> None:
    session = till.get(f"/v1/checkout/sessions/{session_id}")
    assert (session["status"], session["payment_status"]) == ("open", "unpaid")
    assert till.charges_of(session_id) == []


@pytest.mark.parametrize(
    "field", [name for name in TYPED if name not in ("billingPostalCode", "billingCountry")]
)
def test_a_missing_field_is_named_and_the_rest_is_kept(app: Flask, till: Till, field: str) -> None:
    session = till.open_session()
    seen = Buyer(app, session).pay(**{field: ""})
    assert seen.status == 422
    assert "You have not been charged." in seen.text
    kept = {name: text for name, text in TYPED.items() if name not in (field, "cardCvc")}
    assert kept.items() <= seen.values.items()
    assert seen.values["cardCvc"] == ""
    nothing_happened(till, session["id"])


@pytest.mark.parametrize("token", ["", "wrong", "ImFiYyI.aaaa.bbbb", "é" * 40, "\x00"])
def test_a_form_without_the_pages_token_is_shown_again_without_the_card(
    app: Flask, till: Till, token: str
) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    buyer.open()
    seen = buyer.submit(csrf_token=token)
    assert seen.status == 400
    assert "You have not been charged." in seen.text
    assert seen.values["email"] == TYPED["email"]
    assert (seen.values["cardNumber"], seen.values["cardExpiry"], seen.values["cardCvc"]) == ("", "", "")
    assert GOOD_CARD not in seen.html
    nothing_happened(till, session["id"])


def test_the_page_shown_after_a_lost_cookie_can_be_paid(app: Flask, till: Till) -> None:
    buyer = Buyer(app, till.open_session())
    seen = buyer.submit()
    buyer.token = seen.values["csrf_token"]
    assert buyer.submit().refresh


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"[1]", "application/json"),
        (b"{", "application/json"),
        (b'{"email": {"a": 1}}', "application/json"),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"email=a&email=b&cardNumber=1&cardNumber=2", "application/x-www-form-urlencoded"),
        (b"&".join(b"k%d=v" % number for number in range(900)), "application/x-www-form-urlencoded"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"<x/>", "text/xml"),
        (b"", ""),
    ],
)
def test_a_body_of_any_kind_gets_the_form_again(
    app: Flask, till: Till, body: bytes, content_type: str
) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    buyer.open()
    seen = buyer.send(body, content_type=content_type)
    assert seen.status in (400, 422)
    assert seen.takes_a_card
    nothing_happened(till, session["id"])


def test_a_huge_body_is_not_read(app: Flask, till: Till) -> None:
    session = till.open_session()
    seen = Buyer(app, session).pay(billingName="x" * 100_000)
    assert seen.status == 413
    assert "You have not been charged." in seen.text
    nothing_happened(till, session["id"])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_only_get_and_post_have_a_meaning(app: Flask, till: Till, method: str) -> None:
    session = till.open_session()
    assert app.test_client().open(f"/c/pay/{session['id']}", method=method).status_code == 405


SOMETHING = st.text(max_size=60) | st.text(alphabet=string.digits + " /-", max_size=40)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.fixed_dictionaries({}, optional=dict.fromkeys(TYPED, SOMETHING)))
def test_no_text_in_any_field_is_a_server_error(app: Flask, till: Till, typed: dict[str, str]) -> None:
    encodable = {
        name: "".join(c for c in text if not 0xD800 <= ord(c) < 0xE000) for name, text in typed.items()
    }
    wrong = {"cardExpiry": "13/40"}  # so that no example pays
    seen = Buyer(app, till.open_session()).pay(**(encodable | wrong))
    assert seen.status == 422
    assert seen.values["cardCvc"] == ""
    for name, text in (TYPED | encodable | wrong).items():
        if name not in ("cardCvc", "billingCountry"):
            assert seen.values[name] == text.strip()


def test_neither_number_nor_security_code_is_kept_anywhere(
    app: Flask, till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = (GOOD_CARD, INSUFFICIENT_FUNDS, "'977'", '"977"')
    caplog.set_level(logging.DEBUG)
    session = till.open_session()
    buyer = Buyer(app, session)
    buyer.pay(cardNumber=INSUFFICIENT_FUNDS, cardCvc="977")
    buyer.submit(cardCvc="977")
    with app.app_context():
        for table in db.metadata.sorted_tables:
            rows = db.session.execute(sqlalchemy.select(table)).all()
            assert not any(secret in str(rows) for secret in secrets)
    assert not any(secret in caplog.text for secret in secrets)
    cookie = buyer.client.get_cookie("florin")
    assert cookie is not None
    assert GOOD_CARD not in cookie.value


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(app: Flask, till: Till) -> None:
    cookie = Buyer(app, till.open_session()).open().response.headers["Set-Cookie"]
    assert cookie.startswith("florin=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
