"""A secret that an answer tells once is repeated under its key, and stands in no row in the clear."""

from typing import Any

import orjson
import pytest
from cryptography.exceptions import InvalidTag
from flask import Flask
from sqlalchemy import select

from kit.database import db
from merchant_api.idempotency import SEALED, IdempotencyKey
from payments import vault
from webhooks.webhook_endpoints import WebhookEndpoint

ENDPOINT = {"url": "https://shop.test/", "enabled_events[]": "*"}
SESSION = {"device_name": "laptop", "websocket_features[]": "webhooks"}


def kept_answers() -> list[bytes]:
    query = select(IdempotencyKey.response_body).where(IdempotencyKey.response_body.is_not(None))
    kept = [body for body in db.session.scalars(query) if body is not None]
    db.session.rollback()
    return kept


@pytest.mark.parametrize("asked", ["an endpoint", "a roll", "a session of the CLI"])
def test_it_is_sealed_at_rest_and_told_again_under_its_key(app: Flask, api: Any, asked: str) -> None:
    made = api("POST", "/v1/webhook_endpoints", data=ENDPOINT).json
    path, form = {
        "an endpoint": ("/v1/webhook_endpoints", ENDPOINT),
        "a roll": (f"/v1/webhook_endpoints/{made['id']}/roll_secret", {"expires_in": "60"}),
        "a session of the CLI": ("/v1/stripecli/sessions", SESSION),
    }[asked]
    key = {"Idempotency-Key": f"told once: {asked}"}
    first, again = (api("POST", path, headers=key, data=form) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.data == first.data
    told = [first.json[name] for name in ("secret", "websocket_id") if name in first.json]
    with app.app_context():
        kept = kept_answers()
        assert [body for body in kept for secret in told if secret.encode() in body] == []
        assert any(body.startswith(SEALED) for body in kept)


def test_a_second_roll_under_the_same_key_rolls_nothing(app: Flask, api: Any) -> None:
    made = api("POST", "/v1/webhook_endpoints", data=ENDPOINT).json
    path = f"/v1/webhook_endpoints/{made['id']}/roll_secret"
    secrets = {api("POST", path, headers={"Idempotency-Key": "roll"}).json["secret"] for _ in range(3)}
    with app.app_context():
        endpoint = db.session.get(WebhookEndpoint, made["id"])
        assert endpoint is not None
        assert endpoint.secrets_in_force() == [*secrets, made["secret"]]


def test_an_answer_that_tells_none_and_a_refusal_are_kept_as_they_are(app: Flask, api: Any) -> None:
    key = {"Idempotency-Key": "plain"}
    customer = api("POST", "/v1/customers", headers=key, data={"name": "Zoë"}).data
    refused = api("POST", "/v1/webhook_endpoints/we_absent/roll_secret", headers={"Idempotency-Key": "none"})
    assert refused.status_code == 404
    with app.app_context():
        kept = kept_answers()
    assert customer in kept
    assert refused.data in kept


def test_a_sealed_answer_opens_under_its_own_key_alone(app: Flask, api: Any) -> None:
    api("POST", "/v1/webhook_endpoints", headers={"Idempotency-Key": "bound"}, data=ENDPOINT)
    with app.app_context():
        sealed = [body.removeprefix(SEALED) for body in kept_answers() if body.startswith(SEALED)]
        for document in map(orjson.loads, sealed):
            with pytest.raises(InvalidTag):
                vault.unseal(document, purpose="answer under idempotency key of another")
