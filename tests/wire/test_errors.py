"""Errors in Stripe's shape, whatever went wrong and wherever."""

import io
from typing import Any

import pytest
import stripe
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from kit import database
from kit.database import db
from payments.audit import AuditRow
from payments.customers.customers import Customer
from payments.errors import (
    ApiError,
    AuthenticationError,
    CardError,
    IdempotencyError,
    InvalidRequest,
    PermissionDenied,
    RateLimited,
    StripeError,
)

FORM = "application/x-www-form-urlencoded"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def error_of(answer: Any) -> dict[str, Any]:
    assert answer.content_type == "application/json"
    assert answer.headers["Request-Id"].startswith("req_")
    assert set(answer.json) == {"error"}
    error: dict[str, Any] = answer.json["error"]
    assert {"type", "message", "request_log_url"} <= set(error)
    assert set(error) <= {"type", "message", "request_log_url", "code", "param", "doc_url", "decline_code"}
    assert None not in error.values()
    assert answer.headers["Request-Id"] in error["request_log_url"]
    return error


def test_an_error_has_every_key_that_says_something(api: Any) -> None:
    error = error_of(api("GET", "/v1/customers/cus_absent"))
    assert error["type"] == "invalid_request_error"
    assert error["code"] == "resource_missing"
    assert error["param"] == "id"
    assert error["message"] == "No such customer: 'cus_absent'"
    assert error["doc_url"].endswith("/error-codes#resource-missing")


@pytest.mark.parametrize(
    ("error", "raised", "status"),
    [
        (InvalidRequest("x", code="c", param="p"), stripe.InvalidRequestError, 400),
        (AuthenticationError("x"), stripe.AuthenticationError, 401),
        (CardError("x", code="card_declined", decline_code="fraudulent"), stripe.CardError, 402),
        (PermissionDenied("x"), stripe.PermissionError, 403),
        (RateLimited("x"), stripe.RateLimitError, 429),
        (IdempotencyError("x"), stripe.IdempotencyError, 400),
        (ApiError("x"), stripe.APIError, 500),
    ],
)
def test_the_sdk_raises_the_error_of_the_kind(
    sdk: stripe.StripeClient,
    monkeypatch: pytest.MonkeyPatch,
    error: StripeError,
    raised: type[stripe.StripeError],
    status: int,
) -> None:
    def fails(_: object) -> Customer:
        raise error

    monkeypatch.setattr(Customer, "create", fails)
    with pytest.raises(raised) as told:
        sdk.v1.customers.create()
    assert told.value.http_status == status
    assert told.value.user_message == "x"
    assert told.value.error is not None
    assert told.value.error.code == error.code
    assert told.value.request_id is not None


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/florists", "/v1/customers/", "/v1/a/b/c", "/v1/%00/%ff"]
)
def test_an_unknown_path_is_a_404_in_the_same_shape(client: FlaskClient, method: str, path: str) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == 404
    message = error_of(answer)["message"]
    told = path.partition("%")[0]  # what stands behind it is shown in its own way
    assert message.startswith(f"Unrecognized request URL ({method}: {told}{'' if '%' in path else ')'}")


@pytest.mark.parametrize(("method", "path"), [("PUT", "/v1/customers"), ("DELETE", "/v1/events/evt_1")])
def test_a_method_that_a_path_does_not_have_is_the_same_404(api: Any, method: str, path: str) -> None:
    answer = api(method, path)
    assert answer.status_code == 404
    assert f"({method}: {path})" in error_of(answer)["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"name=%ff",
        b"name=%00",
        b"name=\x00",
        b"name=%ed%a0%80",
        b"name=%zz",
        b"name=a&name=b",
        b"[=1",
        b"=1",
        b"metadata[a]=1&metadata=2",
        b"metadata" + b"[a]" * 50 + b"=1",
        b"&".join(b"metadata[%d]=1" % number for number in range(1200)),
        b'{"name": "Jenny"}',
        b"name=" + b"x" * 5001,
    ],
    ids=range(14),
)
def test_a_malformed_body_is_a_400_and_leaves_nothing_but_its_audit_row(
    app: Flask, api: Any, sdk: stripe.StripeClient, body: bytes
) -> None:
    answer = api("POST", "/v1/customers", data=body, content_type=FORM)
    assert answer.status_code == 400
    assert error_of(answer)["type"] == "invalid_request_error"
    assert sdk.v1.customers.list().data == []
    with app.app_context():
        query = db.select(AuditRow).where(AuditRow.request_id == answer.headers["Request-Id"])
        (row,) = db.session.scalars(query).all()
    assert row.action == "POST /v1/customers"
    assert row.details["status"] == 400


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"]
)
def test_another_content_type_is_a_400_that_names_the_right_one(api: Any, content_type: str) -> None:
    answer = api("POST", "/v1/customers", data=b"{}", content_type=content_type)
    assert answer.status_code == 400
    assert FORM in error_of(answer)["message"]


def test_a_body_without_a_content_type_is_read_as_a_form(api: Any) -> None:
    assert api("POST", "/v1/customers", data=b"name=Jenny").json["name"] == "Jenny"


def test_a_body_that_is_too_large_is_refused(api: Any) -> None:
    answer = api("POST", "/v1/customers", data=b"name=" + b"x" * 300_000, content_type=FORM)
    assert answer.status_code == 413
    assert error_of(answer)["type"] == "invalid_request_error"


def test_parameters_in_the_query_of_a_post_count_too(api: Any) -> None:
    answer = api("POST", "/v1/customers", query_string={"name": "Jenny"}, data={"email": "a@b.c"})
    assert (answer.json["name"], answer.json["email"]) == ("Jenny", "a@b.c")


def test_an_unknown_version_is_refused(api: Any) -> None:
    answer = api("GET", "/v1/customers", headers={"Stripe-Version": "tomorrow"})
    assert answer.status_code == 400
    assert "version" in error_of(answer)["message"].lower()


def test_the_answer_names_the_version_that_it_speaks(api: Any) -> None:
    assert api("GET", "/v1/customers").headers["Stripe-Version"] == stripe.api_version
    older = api("GET", "/v1/customers", headers={"Stripe-Version": "2024-06-20"})
    assert older.headers["Stripe-Version"] == "2024-06-20"


def test_a_defect_is_told_without_its_details(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> Customer:
        raise ZeroDivisionError("the inner workings")

    monkeypatch.setattr(Customer, "create", fails)
    answer = api("POST", "/v1/customers", data={"name": "Jenny"})
    assert answer.status_code == 500
    error = error_of(answer)
    assert error["type"] == "api_error"
    assert "inner workings" not in error["message"]
    assert "/dashboard/logs/" in error["request_log_url"]


def test_after_a_defect_only_what_cannot_act_twice_is_to_be_sent_again(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> Customer:
        raise ZeroDivisionError

    monkeypatch.setattr(Customer, "create", fails)
    monkeypatch.setattr(Customer, "find", fails)
    keyless = api("POST", "/v1/customers")
    keyed = api("POST", "/v1/customers", headers={"Idempotency-Key": "order-17"})
    read = api("GET", "/v1/customers/cus_1")
    answers = (keyless, keyed, read)
    assert [answer.headers["Stripe-Should-Retry"] for answer in answers] == ["false", "true", "true"]


def test_a_database_out_of_reach_is_told_in_the_same_shape(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise OperationalError("INSERT", {}, Exception("the line is down"))

    api("GET", "/v1/customers")  # the key is known by now
    monkeypatch.setattr(database, "commit", fails)
    answer = api("POST", "/v1/customers", data={"name": "Jenny"})
    assert answer.status_code == 500
    assert error_of(answer)["type"] == "api_error"


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ("colour=red", "parameter_unknown", "colour"),
        ("metadata[a][b]=1", None, "metadata[a]"),
        ("balance=ten", "parameter_invalid_integer", "balance"),
        ("tax_exempt=perhaps", None, "tax_exempt"),
        ("address=Elm Street", None, "address"),
        ("address[street]=Elm", "parameter_unknown", "address[street]"),
        ("preferred_locales=de", None, "preferred_locales"),
        ("name[]=Jenny", None, "name"),
    ],
)
def test_a_wrong_parameter_is_named(api: Any, body: str, code: str | None, param: str) -> None:
    answer = api("POST", "/v1/customers", data=body, content_type=FORM)
    assert answer.status_code == 400
    error = error_of(answer)
    assert (error.get("code"), error["param"]) == (code, param)


def test_a_missing_parameter_is_named(api: Any) -> None:
    error = error_of(api("POST", "/v1/products", data={"description": "red"}))
    assert (error["code"], error["param"]) == ("parameter_missing", "name")


def in_chunks(api: Any, path: str, body: str) -> Any:
    return api(
        "POST",
        path,
        headers={"Transfer-Encoding": "chunked", "Content-Type": FORM},
        input_stream=io.BytesIO(body.encode()),
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )


def test_a_body_of_unknown_length_is_not_cut_off_silently(api: Any) -> None:
    # Cut after 262,144 bytes it would be an order of fewer lines, all of them well formed.
    line = f"&line_items[][price_data][product_data][name]={'N' * 4_000}"
    answer = in_chunks(api, "/v1/checkout/sessions", "mode=payment" + line * 100)
    assert answer.status_code == 413
    error_of(answer)


@pytest.mark.parametrize("body", ["currency=usd&amount=20", ""])  # of a client that wanted 2000, and died
def test_a_body_that_may_have_been_broken_off_is_not_carried_out(api: Any, body: str) -> None:
    answer = in_chunks(api, "/v1/payment_intents", body)
    assert answer.status_code == 411
    assert "Content-Length" in error_of(answer)["message"]
    assert api("GET", "/v1/payment_intents").json["data"] == []
