"""Idempotency keys, as Stripe's reference describes them for its v1."""

import threading
from typing import Any

import pytest
import stripe
import time_machine
from flask import Flask

from kit import clock, database
from kit.database import db
from merchant_api import idempotency
from merchant_api.idempotency import ABANDONED_SECONDS, KEPT_SECONDS
from payments.customers.customers import Customer
from payments.scope import Caller
from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client

KEY = {"Idempotency-Key": "order-17"}


def create(api: Any, email: str = "jenny@example.com", key: str = "order-17") -> Any:
    return api("POST", "/v1/customers", headers={"Idempotency-Key": key}, data={"email": email})


def customers(sdk: stripe.StripeClient) -> int:
    return len(sdk.v1.customers.list().data)


def test_the_same_request_gets_the_first_answer_again(api: Any, sdk: stripe.StripeClient) -> None:
    first, second = create(api), create(api)
    assert second.data == first.data
    assert second.status_code == 200
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == "order-17"
    assert customers(sdk) == 1


def test_each_answer_has_a_request_id_of_its_own(api: Any) -> None:
    assert create(api).headers["Request-Id"] != create(api).headers["Request-Id"]


def test_the_sdk_gets_the_same_object_for_the_same_key(sdk: stripe.StripeClient) -> None:
    first = sdk.v1.customers.create({"name": "Jenny"}, {"idempotency_key": "a"})
    second = sdk.v1.customers.create({"name": "Jenny"}, {"idempotency_key": "a"})
    assert first.id == second.id


def test_the_order_of_parameters_makes_no_difference(api: Any) -> None:
    first = api("POST", "/v1/customers", headers=KEY, data="name=Jenny&email=jenny%40example.com")
    second = api("POST", "/v1/customers", headers=KEY, data="email=jenny@example.com&name=Jenny")
    assert first.json["id"] == second.json["id"]


def test_other_parameters_under_the_same_key_are_refused(sdk: stripe.StripeClient) -> None:
    sdk.v1.customers.create({"name": "Jenny"}, {"idempotency_key": "a"})
    with pytest.raises(stripe.IdempotencyError) as refused:
        sdk.v1.customers.create({"name": "Jonny"}, {"idempotency_key": "a"})
    assert refused.value.http_status == 400
    assert "same parameters they were first used with" in str(refused.value)


def test_another_path_under_the_same_key_is_refused(sdk: stripe.StripeClient) -> None:
    sdk.v1.customers.create({"metadata": {"a": "1"}}, {"idempotency_key": "a"})
    with pytest.raises(stripe.IdempotencyError):
        sdk.v1.products.create({"name": "Rose", "metadata": {"a": "1"}}, {"idempotency_key": "a"})


def test_keys_of_two_accounts_do_not_meet(app: Flask, sdk: stripe.StripeClient) -> None:
    other = stripe_client(app, create_merchant(app, "Other")[1])
    first = sdk.v1.customers.create({"name": "Jenny"}, {"idempotency_key": "a"})
    assert other.v1.customers.create({"name": "Jonny"}, {"idempotency_key": "a"}).id != first.id


def test_an_error_that_execution_ended_in_is_replayed(api: Any) -> None:
    asked = {"headers": KEY, "data": {"email": "jenny@example.com"}}
    first = api("POST", "/v1/customers/cus_absent", **asked)
    second = api("POST", "/v1/customers/cus_absent", **asked)
    assert first.status_code == second.status_code == 404
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.data == first.data


def test_a_server_error_is_replayed(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> Customer:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(Customer, "create", fails)
        assert create(api).status_code == 500
    second = create(api)
    assert second.status_code == 500
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.json["error"]["type"] == "api_error"
    assert second.headers["Stripe-Should-Retry"] == "false"


def test_a_refused_parameter_does_not_use_the_key_up(api: Any, sdk: stripe.StripeClient) -> None:
    refused = api("POST", "/v1/customers", headers=KEY, data={"colour": "red"})
    assert refused.status_code == 400
    assert create(api).status_code == 200
    assert customers(sdk) == 1


def test_a_wrong_api_key_does_not_use_the_key_up(api: Any) -> None:
    wrong = api(
        "POST",
        "/v1/customers",
        headers=KEY | {"Authorization": "Bearer sk_test_wrong"},
        data={"email": "a@b.c"},
    )
    assert wrong.status_code == 401
    assert create(api).status_code == 200


def test_a_get_takes_no_notice_of_the_key(api: Any) -> None:
    create(api)
    assert "Idempotent-Replayed" not in api("GET", "/v1/customers", headers=KEY).headers


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_an_empty_or_overlong_key_is_refused(api: Any, key: str) -> None:
    assert create(api, key=key).status_code == 400


def test_a_key_of_255_characters_is_good(api: Any) -> None:
    assert create(api, key="k" * 255).status_code == 200


def test_a_day_later_the_key_is_free_again(api: Any) -> None:
    first = create(api)
    with time_machine.travel(clock.now() + KEPT_SECONDS, tick=False):
        assert create(api, email="jonny@example.com").json["id"] != first.json["id"]


def test_of_two_who_take_an_old_key_anew_one_has_it(
    api: Any, sdk: stripe.StripeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(api)
    release = idempotency.release
    faster: list[object] = []

    def let_another_go_first(row: idempotency.IdempotencyKey) -> None:
        monkeypatch.setattr(idempotency, "release", release)
        thread = threading.Thread(target=lambda: faster.append(create(api, email="faster@example.com")))
        thread.start()
        thread.join()
        release(row)

    with time_machine.travel(clock.now() + KEPT_SECONDS, tick=False):
        monkeypatch.setattr(idempotency, "release", let_another_go_first)
        slower = create(api, email="slower@example.com")
        assert slower.status_code == 400
        assert slower.json["error"]["type"] == "idempotency_error"
    assert len(faster) == 1
    assert customers(sdk) == 2


def test_old_keys_are_swept_away_and_young_ones_stay(app: Flask, api: Any) -> None:
    create(api, key="old")
    with time_machine.travel(clock.now() + KEPT_SECONDS + 1, tick=False):
        young = create(api, key="young").json["id"]
        with app.app_context():
            assert idempotency.forget_old() >= 1
        assert create(api, key="young").json["id"] == young


def claim_in_another_request(app: Flask, sdk: stripe.StripeClient) -> None:
    """Take the key as a request does whose process never comes to an end."""
    customer_id = sdk.v1.customers.create({}).id
    with app.app_context():
        customer = db.session.get(Customer, customer_id)
        assert customer is not None
        asked = idempotency.fingerprint("POST", "/v1/customers", {"email": "jenny@example.com"})
        idempotency.claim(Caller(customer.account_id, livemode=False, actor="test"), "order-17", asked)


def test_a_key_whose_first_request_still_runs_is_a_conflict_to_be_tried_again(
    app: Flask, api: Any, sdk: stripe.StripeClient
) -> None:
    claim_in_another_request(app, sdk)
    conflict = create(api)
    assert conflict.status_code == 409
    assert conflict.json["error"]["type"] == "idempotency_error"
    assert conflict.json["error"]["code"] == "idempotency_key_in_use"
    assert conflict.headers["Stripe-Should-Retry"] == "true"


def test_a_request_that_died_is_answered_with_an_honest_500(
    app: Flask, api: Any, sdk: stripe.StripeClient
) -> None:
    claim_in_another_request(app, sdk)
    with time_machine.travel(clock.now() + ABANDONED_SECONDS, tick=False):
        assert create(api).status_code == 500


def test_sixteen_requests_at_once_make_one_customer(
    app: Flask, secret_key: str, sdk: stripe.StripeClient
) -> None:
    start = threading.Barrier(16)
    statuses: list[int] = []

    def ask() -> None:
        client = app.test_client()
        start.wait()
        answer = client.post(
            "/v1/customers",
            headers=KEY | {"Authorization": f"Bearer {secret_key}"},
            data={"email": "jenny@example.com"},
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 409}
    assert 200 in statuses
    assert customers(sdk) == 1


def test_a_lost_race_is_run_again_and_ends_well(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    customer_id = create(api).json["id"]
    update = Customer.update
    lost: list[str] = []

    def loses_once(self: Customer, params: dict[str, Any]) -> None:
        if not lost:
            lost.append(self.id)
            raise database.StaleWrite
        update(self, params)

    monkeypatch.setattr(Customer, "update", loses_once)
    answer = api(
        "POST", f"/v1/customers/{customer_id}", headers={"Idempotency-Key": "race"}, data={"name": "Jenny"}
    )
    assert answer.status_code == 200
    assert answer.json["name"] == "Jenny"


def test_a_race_that_is_lost_again_and_again_is_told_and_not_remembered(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer_id = create(api).json["id"]
    asked = {"headers": {"Idempotency-Key": "race"}, "data": {"name": "Jenny"}}

    def loses(_self: Customer, _params: dict[str, Any]) -> None:
        raise database.StaleWrite

    with monkeypatch.context() as contended:
        contended.setattr(Customer, "update", loses)
        busy = api("POST", f"/v1/customers/{customer_id}", **asked)
    assert busy.status_code == 429
    assert busy.json["error"]["code"] == "lock_timeout"
    assert busy.headers["Stripe-Should-Retry"] == "true"
    assert api("POST", f"/v1/customers/{customer_id}", **asked).status_code == 200
