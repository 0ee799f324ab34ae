"""/v1/webhook_endpoints: five operations, a secret told once, bad input refused by name."""

from typing import Any

import orjson
import pytest
import stripe
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from kit.database import db
from payments.shapes import annotated_keys
from tests.support.factories import create_merchant

URL = "https://shop.test/hook"


@pytest.fixture
def api(app: Flask) -> "Api":
    return Api(app, create_merchant(app)[1])


class Api:
    """Calls the app with one merchant's key."""

    def __init__(self, app: Flask, key: str) -> None:
        self._client: FlaskClient = app.test_client()
        self._headers = {"Authorization": f"Bearer {key}"}

    def call(
        self, method: str, path: str, status: int = 200, fields: dict[str, str] | None = None
    ) -> dict[str, Any]:
        answer = self._client.open(
            "/v1/webhook_endpoints" + path, method=method, data=fields, headers=self._headers
        )
        assert answer.status_code == status, answer.json
        body: dict[str, Any] = orjson.loads(answer.data)
        return body

    def create(self, fields: dict[str, str] | None = None, status: int = 200) -> dict[str, Any]:
        return self.call("POST", "", status, {"url": URL, "enabled_events[0]": "*", **(fields or {})})


def test_an_endpoint_is_created_read_changed_listed_and_deleted(api: Api) -> None:
    made = api.create({"description": "My shop", "metadata[a]": "1", "enabled_events[0]": "charge.refunded"})
    assert made["object"] == "webhook_endpoint"
    assert made["id"].startswith("we_")
    assert (made["status"], made["livemode"], made["application"]) == ("enabled", False, None)
    path = f"/{made['id']}"
    change = {
        "url": URL + "2",
        "disabled": "true",
        "enabled_events[]": "*",
        "metadata[b]": "2",
        "description": "",
    }
    changed = api.call("POST", path, fields=change)
    assert changed["metadata"] == {"a": "1", "b": "2"}
    assert (changed["url"], changed["status"], changed["description"]) == (URL + "2", "disabled", None)
    assert changed["enabled_events"] == ["*"]
    assert api.call("POST", path, fields={"disabled": "false"})["status"] == "enabled"
    assert [one["id"] for one in api.call("GET", "")["data"]] == [made["id"]]
    assert api.call("DELETE", path) == {"id": made["id"], "object": "webhook_endpoint", "deleted": True}
    assert api.call("GET", "")["data"] == []
    for method in ("GET", "POST", "DELETE"):
        assert api.call(method, path, 404)["error"]["code"] == "resource_missing"


def test_the_secret_is_told_by_the_answer_to_the_creation_alone_and_sealed_at_rest(
    app: Flask, api: Api
) -> None:
    made = api.create()
    assert made["secret"].startswith("whsec_")
    assert len(made["secret"]) == len("whsec_") + 32
    assert api.call("GET", f"/{made['id']}")["secret"] is None
    assert api.call("GET", "")["data"][0]["secret"] is None
    with app.app_context():
        row = db.session.execute(
            text("SELECT * FROM webhook_endpoints WHERE id = :id"), {"id": made["id"]}
        ).one()
        db.session.rollback()
    assert made["secret"] not in str(row)
    assert made["secret"].removeprefix("whsec_") not in str(row)


def test_the_answer_has_exactly_the_keys_of_the_library_s_class(api: Api) -> None:
    assert set(api.create()) == set(annotated_keys(stripe.WebhookEndpoint))


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"url": ""}, "url", None),
        ({"url": "shop.test"}, "url", "url_invalid"),
        ({"url": "ftp://shop.test/"}, "url", "url_invalid"),
        ({"url": "https://"}, "url", "url_invalid"),
        ({"url": "https://user:pass@shop.test/"}, "url", "url_invalid"),
        ({"url": "https://shop.test:99999/"}, "url", "url_invalid"),
        ({"url": "https://shop.test/" + "x" * 2048}, "url", "url_invalid"),
        ({"enabled_events[0]": "no.such.event"}, "enabled_events[0]", None),
        ({"enabled_events[0]": ""}, "enabled_events[0]", None),
        ({"enabled_events": ""}, None, None),
        ({"api_version": "tomorrow"}, "api_version", None),
        ({"connect": "true"}, "connect", None),
        ({"metadata": "x"}, "metadata", None),
        ({"wishes": "many"}, "wishes", "parameter_unknown"),
    ],
)
def test_bad_input_is_refused_by_name(
    api: Api, fields: dict[str, str], param: str | None, code: str | None
) -> None:
    given = {"enabled_events[0]": "*"} if "enabled_events" not in fields else {}
    error = api.call("POST", "", 400, {"url": URL, **given, **fields})["error"]
    assert error["type"] == "invalid_request_error"
    if param is not None:
        assert error["param"] == param
    if code is not None:
        assert error["code"] == code


@pytest.mark.parametrize("missing", ["url", "enabled_events"])
def test_a_missing_parameter_is_named(api: Api, missing: str) -> None:
    given = {"url": URL, "enabled_events[0]": "*"}
    fields = {name: value for name, value in given.items() if not name.startswith(missing)}
    error = api.call("POST", "", 400, fields)["error"]
    assert (error["param"], error["code"]) == (missing, "parameter_missing")


def test_plain_http_is_for_test_mode_only(app: Flask, api: Api) -> None:
    assert api.create({"url": "http://127.0.0.1:4242/hook"})["url"] == "http://127.0.0.1:4242/hook"
    live = Api(app, create_merchant(app, livemode=True)[1])
    error = live.create({"url": "http://shop.test/hook"}, 400)["error"]
    assert (error["param"], error["code"]) == ("url", "url_invalid")
    assert live.create()["livemode"] is True


def test_another_merchant_s_endpoint_is_not_there(app: Flask, api: Api) -> None:
    made = api.create()
    stranger = Api(app, create_merchant(app)[1])
    absent = stranger.call("GET", "/we_none", 404)["error"]["message"]
    for method in ("GET", "POST", "DELETE"):
        message = stranger.call(method, f"/{made['id']}", 404)["error"]["message"]
        assert message == absent.replace("we_none", made["id"])


def test_the_pinned_version_may_be_named(api: Api) -> None:
    assert api.create({"api_version": stripe.api_version})["api_version"] == stripe.api_version


def test_an_event_type_named_twice_counts_once(api: Api) -> None:
    made = api.create({"enabled_events[0]": "charge.refunded", "enabled_events[1]": "charge.refunded"})
    assert made["enabled_events"] == ["charge.refunded"]
