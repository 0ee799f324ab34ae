"""Whatever is sent, the bank answers in clear words and in JSON, and never with a fault of its own."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bank.support import SECRET, Caller, answer_of, bearer, order

NUMBER = "4242424242424242"
# Digits that look like 4242 but are not those of ASCII: full width and Arabic-Indic.
FOREIGN_DIGITS = "".join(chr(0xFF10 + int(digit)) for digit in NUMBER)
ARABIC_CVC = "\u0661\u0662\u0663"


def refusal(caller: Caller, body: bytes, path: str = "/v1/authorizations") -> dict[str, Any]:
    """The error of a request that has to be refused with a 400."""
    response = caller.client().post(path, data=body, headers=bearer())
    assert response.status_code == 400, response.text
    assert NUMBER.encode() not in response.data
    error = answer_of(response)["error"]
    assert set(error) == {"code", "message", "field"}
    assert error["code"] == "invalid_request"
    assert isinstance(error, dict)
    return error


def changed(path: str, value: Any) -> bytes:
    """A good request with one field changed; `card.number` is a path."""
    body = order("ref_1")
    *parents, name = path.split(".")
    place = body
    for parent in parents:
        place = place[parent]
    place[name] = value
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"reference": NaN}',
        b'{"amount_minor": Infinity}',
        b'{"reference": "a", "reference": "b"}',
        b"[" * 30_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"amount_minor": ' + b"9" * 10_000 + b"}",
        b'{"reference": "ref_1"} and more',
        b"reference=ref_1&amount_minor=2000",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(shared_bank: Caller, body: bytes) -> None:
    refusal(shared_bank, body)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reference", None),
        ("reference", ""),
        ("reference", 7),
        ("reference", "with space"),
        ("reference", "ref_1\n"),
        ("reference", "nul\x00"),
        ("reference", "\u0661"),
        ("reference", "a" * 65),
        ("reference", ["ref_1"]),
        ("merchant_id", {}),
        ("amount_minor", "2000"),
        ("amount_minor", 2000.0),
        ("amount_minor", True),
        ("amount_minor", None),
        ("amount_minor", -1),
        ("amount_minor", 10**12),
        ("amount_minor", 2**64),
        ("currency", "us"),
        ("currency", "u$d"),
        ("currency", 840),
        ("capture", "true"),
        ("capture", 1),
        ("capture", None),
        ("initiator", "nobody"),
        ("initiator", None),
        ("initiator", []),
        ("card", None),
        ("card", "4242"),
        ("card.number", None),
        ("card.number", 4242),
        ("card.number", FOREIGN_DIGITS),
        ("card.number", "4242 4242 4242 4242"),
        ("card.number", "4242"),
        ("card.number", "4" * 20),
        ("card.exp_month", 0),
        ("card.exp_month", 13),
        ("card.exp_month", "12"),
        ("card.exp_year", 34),
        ("card.exp_year", 9999),
        ("card.cvc", "99"),
        ("card.cvc", 123),
        ("card.cvc", ARABIC_CVC),
        ("card.holder_name", "nul\x00"),
        ("card.holder_name", "\ud800"),
        ("card.holder_name", "a" * 501),
        ("card.holder_name", 7),
        ("billing_address", "here"),
        ("billing_address", []),
        ("billing_address.line1", 1),
        ("billing_address.postal_code", "\x1b[0m"),
        ("billing_address.country", "USA"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(shared_bank: Caller, field: str, value: Any) -> None:
    assert refusal(shared_bank, changed(field, value))["field"] == field


@pytest.mark.parametrize(
    ("path", "within"),
    [("surprise", None), ("card.surprise", "card"), ("billing_address.surprise", "billing_address")],
)
def test_a_field_that_no_one_knows_is_refused(shared_bank: Caller, path: str, within: str | None) -> None:
    assert refusal(shared_bank, changed(path, 1))["field"] == within


@pytest.mark.parametrize("verb", ["captures", "refunds"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount_minor", 0),
        ("amount_minor", None),
        ("amount_minor", 1.5),
        ("currency", "dollars"),
        ("reference", "?"),
    ],
)
def test_a_wrong_capture_or_refund_is_refused(shared_bank: Caller, verb: str, field: str, value: Any) -> None:
    body = {"reference": "op_1", "amount_minor": 1} | {field: value}
    error = refusal(shared_bank, json.dumps(body).encode(), f"/v1/authorizations/ref_1/{verb}")
    assert error["field"] == field


def test_a_body_of_64_kib_is_read_and_a_longer_one_is_not(shared_bank: Caller) -> None:
    body = json.dumps(order("ref_1")).encode()
    padded = body.ljust(64 * 1024)
    assert shared_bank.client().post("/v1/authorizations", data=padded, headers=bearer()).status_code == 200
    assert "longer than" in refusal(shared_bank, padded + b" ")["message"]


@pytest.mark.parametrize("reference", ["with%20space", "%00", "%C3%A9", "a" * 65, "..%2e", "a%0A"])
def test_a_reference_in_the_path_is_checked_as_well(shared_bank: Caller, reference: str) -> None:
    for method, path, body in (
        ("GET", f"/v1/authorizations/{reference}", None),
        ("GET", f"/v1/operations/{reference}", None),
        ("POST", f"/v1/authorizations/{reference}/void", {"reference": "void_1"}),
        ("POST", f"/v1/authorizations/{reference}/captures", {"reference": "cap_1", "amount_minor": 1}),
    ):
        response = shared_bank.client().open(path, method=method, json=body, headers=bearer())
        assert (response.status_code, response.get_json()["error"]["field"]) == (400, "reference")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=-1", "after"),
        ("after=x", "after"),
        ("after=\u0661", "after"),
        (f"after={2**63}", "after"),
        ("after=1e3", "after"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=", "limit"),
    ],
)
def test_a_wrong_page_of_the_journal_is_refused(shared_bank: Caller, query: str, field: str) -> None:
    response = shared_bank.get(f"/v1/journal?{query}")
    assert (response.status_code, response.get_json()["error"]["field"]) == (400, field)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not_found"),
        ("GET", "/v1/nothing", 404, "not_found"),
        ("POST", "/v1/authorizations/ref_1/undo", 404, "not_found"),
        ("GET", "/v1/authorizations", 405, "method_not_allowed"),
        ("DELETE", "/v1/journal", 405, "method_not_allowed"),
        ("OPTIONS", "/v1/journal", 405, "method_not_allowed"),
        ("PATCH", "/v1/authorizations/ref_1", 405, "method_not_allowed"),
    ],
)
def test_unknown_paths_and_methods_are_answered_in_json(
    shared_bank: Caller, method: str, path: str, status: int, code: str
) -> None:
    response = shared_bank.client().open(path, method=method, headers=bearer())
    assert (response.status_code, response.get_json()["error"]["code"]) == (status, code)
    assert (status == 405) == ("Allow" in response.headers)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {SECRET}", SECRET, f"bearer {SECRET}", "Bearer \u00e9"],
)
def test_no_one_gets_in_without_the_secret(shared_bank: Caller, header: str) -> None:
    for path in ("/v1/journal", "/v1/authorizations/ref_1", "/nothing"):
        response = shared_bank.client().get(path, headers={"Authorization": header})
        assert (response.status_code, response.get_json()["error"]["code"]) == (401, "unauthorized")
    assert shared_bank.client().get("/v1/journal").status_code == 401


def test_anyone_may_ask_whether_the_bank_is_well(shared_bank: Caller) -> None:
    response = shared_bank.client().get("/health")
    assert (response.status_code, response.get_json()) == (200, {"object": "health", "status": "ok"})


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
GOOD = order("ref_1")
FIELDS = st.sampled_from(
    [*GOOD, *(f"{name}.{inner}" for name in ("card", "billing_address") for inner in GOOD[name])]
)


@settings(max_examples=150, deadline=None)
@given(field=FIELDS, value=ANY_JSON)
def test_no_value_of_any_field_is_a_fault_of_the_bank(shared_bank: Caller, field: str, value: Any) -> None:
    response = shared_bank.client().post("/v1/authorizations", data=changed(field, value), headers=bearer())
    assert response.status_code in {200, 400, 409}
    assert isinstance(response.get_json(), dict)
