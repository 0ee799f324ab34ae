"""API keys: what a missing, wrong, expired, rolled, publishable or foreign one gets from Stripe."""

import base64
from typing import Any

import pytest
import stripe
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kit import clock, database
from kit.database import db
from payments import merchants
from payments.audit import AuditRow
from payments.errors import InvalidRequest
from payments.merchants import ApiKey, KeyKind, Merchant, hash_key, operator
from payments.scope import acting_as
from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client

HOUR = 3600


def ask(client: FlaskClient, authorization: str | None, **headers: str) -> TestResponse:
    given = {} if authorization is None else {"Authorization": authorization}
    return client.get("/v1/customers", headers=given | headers)


def error_of(answer: TestResponse) -> dict[str, Any]:
    body = answer.get_json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    return error


def issue(app: Flask, account_id: str, kind: KeyKind = KeyKind.SECRET, *, livemode: bool = False) -> str:
    with app.app_context():
        _, plain = ApiKey.issue(account_id, kind, livemode=livemode)
        database.commit()
    return plain


def roll(app: Flask, plain: str, grace_seconds: int) -> str:
    """What a merchant does in the dashboard; returns the new key."""
    with app.app_context():
        key: ApiKey = db.session.scalars(db.select(ApiKey).where(ApiKey.hashed == hash_key(plain))).one()
        merchant = db.session.get(Merchant, key.account_id)
        assert merchant is not None
        with acting_as(operator(merchant, livemode=key.livemode, actor="usr_test")):
            _, successor = key.roll(grace_seconds=grace_seconds)
            database.commit()
        return successor


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic",
        "Basic !!!",
        "Basic é",
        "Basic " + base64.b64encode(b":").decode(),
        "Digest x",
        "Bearer " + "k" * 256,
    ],
)
def test_no_key_is_a_401_that_says_how_to_send_one(client: FlaskClient, authorization: str | None) -> None:
    answer = ask(client, authorization)
    assert answer.status_code == 401
    assert error_of(answer)["type"] == "invalid_request_error"
    assert "did not provide an API key" in error_of(answer)["message"]
    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Stripe"'


@pytest.mark.parametrize(
    "key", ["sk_test_wrong", "sk_live_wrong", "x", "é", "sk_test_\u00fc" * 9, "Ŀ".encode().decode("latin-1")]
)
def test_a_wrong_key_is_a_401_that_does_not_repeat_it(client: FlaskClient, key: str) -> None:
    answer = ask(client, f"Bearer {key}")
    assert answer.status_code == 401
    assert error_of(answer)["message"].startswith("Invalid API Key provided: ")
    if len(key) > 3:
        assert key not in error_of(answer)["message"]


def test_the_sdk_raises_its_authentication_error(app: Flask) -> None:
    with pytest.raises(stripe.AuthenticationError):
        stripe_client(app, "sk_test_wrong").v1.customers.list()


def test_a_key_is_good_as_bearer_and_as_basic_user_name(client: FlaskClient, secret_key: str) -> None:
    basic = base64.b64encode(f"{secret_key}:".encode()).decode()
    assert ask(client, f"Bearer {secret_key}").status_code == 200
    assert ask(client, f"bearer  {secret_key} ").status_code == 200
    assert ask(client, f"Basic {basic}").status_code == 200


def test_a_publishable_key_is_a_403_where_a_secret_one_is_needed(app: Flask) -> None:
    merchant, _ = create_merchant(app)
    publishable = issue(app, merchant.id, KeyKind.PUBLISHABLE)
    assert publishable.startswith("pk_test_")
    with pytest.raises(stripe.PermissionError) as refused:
        stripe_client(app, publishable).v1.customers.list()
    assert refused.value.http_status == 403
    assert refused.value.error is not None
    assert refused.value.error.code == "secret_key_required"


def test_a_publishable_key_reads_only_what_a_customer_may_know(app: Flask, client: FlaskClient) -> None:
    merchant, secret_key = create_merchant(app)
    key = {"Authorization": f"Bearer {issue(app, merchant.id, KeyKind.PUBLISHABLE)}"}
    sdk = stripe_client(app, secret_key)
    customer = sdk.v1.customers.create({"name": "Jenny"})
    intent = sdk.v1.payment_intents.create(
        {"amount": 2000, "currency": "usd", "customer": customer.id, "metadata": {"margin": "40 %"}}
    )
    path, proof = f"/v1/payment_intents/{intent.id}", {"client_secret": intent.client_secret}
    read = client.get(path, headers=key, query_string=proof)
    declined = client.post(
        f"{path}/confirm", headers=key, data=proof | {"payment_method": "pm_card_chargeDeclined"}
    )
    paid = client.post(f"{path}/confirm", headers=key, data=proof | {"payment_method": "pm_card_visa"})
    assert [read.status_code, declined.status_code, paid.status_code] == [200, 402, 200]
    assert declined.json
    assert declined.json["error"]["payment_intent"]["status"] == "requires_payment_method"
    assert paid.json
    assert paid.json["status"] == "succeeded"
    assert paid.json["amount"] == 2000
    for answer in (read, declined, paid):
        assert b"40 %" not in answer.data
        assert customer.id.encode() not in answer.data


def test_keys_are_kept_only_as_hashes(app: Flask, secret_key: str) -> None:
    with app.app_context():
        key = db.session.scalars(db.select(ApiKey).where(ApiKey.hashed == hash_key(secret_key))).one()
        kept = {column.name: getattr(key, column.name) for column in ApiKey.__table__.columns}
    assert not [name for name, value in kept.items() if secret_key in str(value)]
    assert key.hint == secret_key[-4:]


def test_a_rolled_key_works_through_its_grace_period_and_no_longer(
    app: Flask, client: FlaskClient, secret_key: str
) -> None:
    successor = roll(app, secret_key, HOUR)
    assert ask(client, f"Bearer {successor}").status_code == 200
    assert ask(client, f"Bearer {secret_key}").status_code == 200
    with time_machine.travel(clock.now() + HOUR, tick=False):
        expired = ask(client, f"Bearer {secret_key}")
        assert expired.status_code == 401
        assert error_of(expired)["code"] == "api_key_expired"
        assert secret_key not in error_of(expired)["message"]
        assert ask(client, f"Bearer {successor}").status_code == 200


def test_a_key_rolled_without_grace_ends_at_once(app: Flask, client: FlaskClient, secret_key: str) -> None:
    assert ask(client, f"Bearer {secret_key}").status_code == 200
    roll(app, secret_key, 0)
    assert ask(client, f"Bearer {secret_key}").status_code == 401


def test_another_process_forgets_a_rolled_key_within_seconds(
    app: Flask, client: FlaskClient, secret_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merchants, "forget_key", lambda _: None)
    assert ask(client, f"Bearer {secret_key}").status_code == 200
    roll(app, secret_key, 0)
    monkeypatch.setattr(merchants, "KEY_CACHE_SECONDS", 0.0)
    assert ask(client, f"Bearer {secret_key}").status_code == 401


@pytest.mark.parametrize("grace_seconds", [-1, 7 * 24 * HOUR + 1])
def test_a_grace_period_out_of_bounds_is_refused(app: Flask, secret_key: str, grace_seconds: int) -> None:
    with pytest.raises(InvalidRequest):
        roll(app, secret_key, grace_seconds)


def test_an_expired_key_cannot_be_rolled(app: Flask, secret_key: str) -> None:
    roll(app, secret_key, 0)
    with pytest.raises(InvalidRequest):
        roll(app, secret_key, HOUR)


def test_rolling_a_key_is_in_the_audit_log(app: Flask, secret_key: str) -> None:
    roll(app, secret_key, HOUR)
    with app.app_context():
        key = db.session.scalars(db.select(ApiKey).where(ApiKey.hashed == hash_key(secret_key))).one()
        rows = db.session.scalars(db.select(AuditRow).where(AuditRow.object_id == key.id)).all()
    assert [(row.actor, row.action) for row in rows] == [("usr_test", "api_key.rolled")]


def test_another_merchants_object_is_the_same_404_as_an_absent_one(
    app: Flask, sdk: stripe.StripeClient
) -> None:
    other = stripe_client(app, create_merchant(app, "Other")[1])
    theirs = other.v1.customers.create().id
    absent = theirs[:-1] + ("0" if theirs[-1] != "0" else "1")
    told = []
    for customer_id in (theirs, absent):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.v1.customers.retrieve(customer_id)
        assert refused.value.http_status == 404
        assert refused.value.code == "resource_missing"
        assert refused.value.param == "id"
        told.append(str(refused.value.user_message).replace(customer_id, ""))
    assert told[0] == told[1]


def test_another_merchants_object_can_be_neither_changed_nor_deleted(
    app: Flask, sdk: stripe.StripeClient
) -> None:
    other = stripe_client(app, create_merchant(app, "Other")[1])
    theirs = other.v1.customers.create({"name": "Jenny"}).id
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.customers.update(theirs, {"name": "Jonny"})
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.customers.delete(theirs)
    assert other.v1.customers.retrieve(theirs).name == "Jenny"


def test_an_object_of_the_other_mode_is_a_404(app: Flask) -> None:
    merchant, test_key = create_merchant(app)
    live_key = issue(app, merchant.id, livemode=True)
    assert live_key.startswith("sk_live_")
    test, live = stripe_client(app, test_key), stripe_client(app, live_key)
    customer = live.v1.customers.create()
    assert customer.livemode is True
    assert test.v1.customers.list().data == []
    with pytest.raises(stripe.InvalidRequestError) as refused:
        test.v1.customers.retrieve(customer.id)
    assert refused.value.http_status == 404
    assert refused.value.code == "resource_missing"


def test_whoever_took_the_key_of_the_other_mode_is_told(app: Flask) -> None:
    merchant, test_key = create_merchant(app)
    live_key = issue(app, merchant.id, livemode=True)
    test, live = stripe_client(app, test_key), stripe_client(app, live_key)
    theirs = live.v1.customers.create().id
    ours = test.v1.products.create({"name": "Rose"}).id
    with pytest.raises(stripe.InvalidRequestError) as told:
        test.v1.customers.retrieve(theirs)
    assert told.value.user_message == (
        f"No such customer: '{theirs}'; a similar object exists in live mode, but a test mode key was used "
        "to make this request."
    )
    with pytest.raises(stripe.InvalidRequestError) as told:
        live.v1.prices.create({"currency": "eur", "unit_amount": 500, "product": ours})
    assert "exists in test mode, but a live mode key was used" in str(told.value.user_message)
    stranger = stripe_client(app, create_merchant(app, "Other")[1])
    with pytest.raises(stripe.InvalidRequestError) as told:
        stranger.v1.customers.retrieve(theirs)
    assert told.value.user_message == f"No such customer: '{theirs}'"


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("payment_intents/pi_x", "intent"),
        ("setup_intents/seti_x", "intent"),
        ("checkout/sessions/cs_x", "session"),
    ],
)
def test_an_absent_object_of_the_path_is_named_as_stripe_names_it(api: Any, path: str, param: str) -> None:
    assert api("GET", f"/v1/{path}").json["error"]["param"] == param


def test_an_object_that_a_parameter_names_and_is_not_there_is_a_400(sdk: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.prices.create({"currency": "eur", "unit_amount": 500, "product": "prod_absent"})
    assert refused.value.http_status == 400
    assert refused.value.code == "resource_missing"
    assert refused.value.param == "product"


def test_ones_own_account_may_be_named(app: Flask) -> None:
    merchant, key = create_merchant(app)
    assert stripe_client(app, key, stripe_account=merchant.id).v1.customers.list().data == []


@pytest.mark.parametrize("name", ["Stripe-Account", "Stripe-Context"])
def test_another_account_may_not_be_named(app: Flask, secret_key: str, name: str) -> None:
    merchant, _ = create_merchant(app, "Other")
    with pytest.raises(stripe.PermissionError) as refused:
        stripe_client(app, secret_key).v1.customers.list(options={"headers": {name: merchant.id}})
    assert refused.value.http_status == 403
    assert refused.value.error is not None
    assert refused.value.error.code == "account_invalid"


@pytest.mark.parametrize("object_id", ["é", "%00", "%ff", "..", "a" * 2000, "cus_'; DROP TABLE customers"])
def test_an_odd_id_in_the_path_is_a_404(api: Any, object_id: str) -> None:
    assert api("GET", f"/v1/customers/{object_id}").status_code == 404
