"""Each change and each query leaves a row: who, what, which object, outcome, request id, address and time."""

from typing import Any

import pytest
import time_machine
from werkzeug.test import TestResponse

from tests.payments.conftest import UNKNOWN_SECONDS, Shop, sweep
from tests.support.factories import create_merchant
from tests.support.unreliable import Unreliable, lost_answer

PAYMENT = {"amount": "2000", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true"}
ADDRESS = "192.0.2.7"


def send(shop: Shop, method: str, path: str, key: str | None = None, **given: Any) -> TestResponse:
    client = shop.house.test_client(use_cookies=False)
    headers = {"Authorization": f"Bearer {key or shop.secret_key}", **given.pop("headers", {})}
    return client.open(
        path, method=method, headers=headers, environ_overrides={"REMOTE_ADDR": ADDRESS}, **given
    )


def trail(shop: Shop, **query: Any) -> list[dict[str, Any]]:
    """The merchant's own audit rows as the API gives them, oldest first, without those of reading them."""
    answer = send(shop, "GET", "/payment/audit", query_string={"limit": 100, **query})
    assert answer.status_code == 200
    rows: list[dict[str, Any]] = answer.get_json()["data"]
    return [row for row in reversed(rows) if row["action"] != "GET /payment/audit"]


def test_a_row_tells_who_did_what_to_which_object_and_from_where(
    shop: Shop, later: time_machine.Traveller
) -> None:
    later.shift(1)
    created = send(shop, "POST", "/v1/payment_intents", data=PAYMENT)
    rows = [row for row in trail(shop) if row["request_id"] is not None]
    assert [row["action"] for row in rows if row["object_id"] == created.get_json()["id"]] == [
        "payment_intent.created",
        "payment_intent.processing",
        "payment_intent.succeeded",
        "POST /v1/payment_intents",
    ]
    for row in rows:
        assert row["actor"].startswith("key_")
        assert row["request_id"] == created.headers["Request-Id"]
        assert row["address"] == ADDRESS
        assert abs(row["created"] - created.get_json()["created"]) <= 5
        assert row["outcome"] == "succeeded"
    (charge,) = [row for row in rows if row["action"] == "charge.succeeded"]
    assert (charge["details"]["was"], charge["details"]["to"]) == ("pending", "succeeded")
    assert charge["object_id"] == created.get_json()["latest_charge"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/payment_intents/{intent}",
        "/v1/charges/{charge}",
        "/payment/status/{intent}",
        "/v1/payment_intents",
        "/v1/charges",
        "/v1/balance_transactions",
        "/v1/events",
    ],
)
def test_looking_at_payments_leaves_a_row(shop: Shop, path: str) -> None:
    intent = shop.pay()
    ids = {"intent": intent.id, "charge": intent.latest_charge}
    answer = send(shop, "GET", path.format(**ids))
    assert answer.status_code == 200
    row = trail(shop)[-1]
    assert row["action"] == "GET " + path.format(
        intent="{transaction_id}" if "status" in path else "{id}", charge="{id}"
    )
    assert row["object_id"] == next((ids[name] for name in ids if f"{{{name}}}" in path), None)
    assert (row["outcome"], row["details"]["status"]) == ("succeeded", 200)
    assert (row["request_id"], row["address"]) == (answer.headers["Request-Id"], ADDRESS)


@pytest.mark.parametrize(
    ("method", "path", "data", "outcome", "status"),
    [
        ("GET", "/v1/payment_intents/pi_foreign", None, "resource_missing", 404),
        ("GET", "/payment/status/pi_foreign", None, "resource_missing", 404),
        ("POST", "/v1/payment_intents", {"amount": "1"}, "parameter_missing", 400),
        ("POST", "/v1/refunds", {"charge": "ch_none"}, "resource_missing", 400),
        ("POST", "/v1/payment_intents", {**PAYMENT, "payment_method": "pm_card_chargeDeclined"},
         "card_declined", 402),
    ],
)  # fmt: skip
def test_a_refusal_leaves_a_row_with_its_code(  # noqa: PLR0917 - a row of the table
    shop: Shop, method: str, path: str, data: Any, outcome: str, status: int
) -> None:
    answer = send(shop, method, path, data=data)
    assert answer.status_code == status
    row = trail(shop)[-1]
    assert (row["outcome"], row["details"]["status"]) == (outcome, status)
    assert row["request_id"] == answer.headers["Request-Id"]


def test_a_refusal_is_found_by_the_payment_that_it_is_about(shop: Shop) -> None:
    intent = shop.pay()
    send(shop, "POST", "/v1/refunds", data={"payment_intent": intent.id, "amount": "9999999"})
    send(
        shop, "POST", "/payment/confirm", json={"transaction_id": intent.id, "payment_method": "pm_card_visa"}
    )
    send(shop, "GET", "/v1/charges", query_string={"payment_intent": intent.id})
    assert [(row["action"], row["outcome"]) for row in trail(shop, object=intent.id)[-3:]] == [
        ("POST /v1/refunds", "amount_too_large"),
        ("POST /payment/confirm", "payment_intent_unexpected_state"),
        ("GET /v1/charges", "succeeded"),
    ]
    declined = send(
        shop, "POST", "/v1/payment_intents", data={**PAYMENT, "payment_method": "pm_card_chargeDeclined"}
    )
    made = declined.get_json()["error"]["payment_intent"]["id"]
    assert trail(shop, object=made)[-1]["action"] == "POST /v1/payment_intents"


def test_a_replayed_answer_is_a_query_too(shop: Shop) -> None:
    headers = {"Idempotency-Key": "order-6735"}
    first = send(shop, "POST", "/v1/payment_intents", data=PAYMENT, headers=headers)
    before = len(trail(shop))
    again = send(shop, "POST", "/v1/payment_intents", data=PAYMENT, headers=headers)
    assert again.headers["Idempotent-Replayed"] == "true"
    rows = trail(shop)
    assert len(rows) == before + 1
    assert rows[-1]["outcome"] == "replayed"
    assert rows[-1]["object_id"] == first.get_json()["id"]
    assert rows[-1]["request_id"] == again.headers["Request-Id"] != first.headers["Request-Id"]


def test_what_florin_does_by_itself_is_the_systems_deed(
    shop: Shop, line: Unreliable, later: time_machine.Traveller
) -> None:
    line.expect(lost_answer)
    intent_id = shop.pay().id
    later.shift(UNKNOWN_SECONDS)
    sweep(shop.house)
    row = next(row for row in trail(shop, object=intent_id) if row["action"] == "payment_intent.succeeded")
    assert (row["actor"], row["request_id"], row["address"]) == ("system", None, None)


def test_the_trail_is_the_merchants_own_and_can_be_paged(shop: Shop) -> None:
    intent = shop.pay()
    _, stranger = create_merchant(shop.house)
    theirs = send(shop, "GET", "/payment/audit", stranger, query_string={"object": intent.id})
    assert theirs.get_json()["data"] == []
    whole = trail(shop)
    paged: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    while True:
        answer = send(shop, "GET", "/payment/audit", query_string={"limit": 3, **before}).get_json()
        paged += answer["data"]
        if not answer["has_more"]:
            break
        before = {"before": answer["data"][-1]["seq"]}
    known = {row["seq"] for row in whole}
    assert [row["seq"] for row in reversed(paged) if row["seq"] in known] == [row["seq"] for row in whole]


def test_no_row_holds_card_data(shop: Shop) -> None:
    raw = {"type": "card", "card[number]": "4242424242424242", "card[exp_month]": "13",
           "card[exp_year]": "2034", "card[cvc]": "739"}  # fmt: skip
    assert send(shop, "POST", "/v1/payment_methods", data=raw).status_code == 402
    assert send(shop, "POST", "/v1/payment_methods", data=raw | {"card[exp_month]": "12"}).status_code == 200
    written = str(trail(shop))
    assert "4242424242424242" not in written
    assert "739" not in [word for row in trail(shop) for word in str(row["details"]).split("'")]
