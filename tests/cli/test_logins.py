"""`stripe login`: whoever confirms the code gives the device keys of their own account, once."""

from contextvars import Context
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from dashboard import confirming
from kit import database
from kit.database import db
from payments.merchants import ApiKey, hash_key
from payments.scope import acting_as, system
from tests.cli.devices import told
from tests.support.desk import PASSWORD, Shop, open_shop
from webhooks.cli import logins
from webhooks.cli.jobs import sweep
from webhooks.cli.logins import CliLogin

WAITS = {"redeemed": False}


def begin(client: FlaskClient, **changed: str) -> dict[str, str]:
    form = {"client_version": "1.52.0", "device_name": "laptop", **changed}
    answer = client.post("/stripecli/auth", data=form)
    assert answer.status_code == 200, answer.text
    asked: dict[str, str] = told(answer)
    return asked


def path_of(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def poll(client: FlaskClient, asked: dict[str, str]) -> tuple[int, Any]:
    answer = client.get(path_of(asked["poll_url"]))
    return answer.status_code, told(answer)


def confirm(shop: Shop, asked: dict[str, str]) -> None:
    desk, path = shop.desk(), path_of(asked["browser_url"])
    page = desk.open(path)
    assert asked["verification_code"] in page.text
    assert "laptop" in page.text
    assert desk.press(page, path).status == 303


def test_the_keys_come_once_after_a_user_has_confirmed(app: Flask, client: FlaskClient, shop: Shop) -> None:
    asked = begin(client)
    assert poll(client, asked) == (200, WAITS)
    confirm(shop, asked)
    status, keys = poll(client, asked)
    assert (status, keys["redeemed"], keys["account_id"]) == (200, True, shop.account_id)
    assert keys["testmode_key_publishable"].startswith("pk_test_")
    headers = {"Authorization": f"Bearer {keys['testmode_key_secret']}"}
    assert client.get("/v1/customers", headers=headers).status_code == 200
    assert poll(client, asked)[0] == 404
    with app.app_context():
        key = db.session.scalar(select(ApiKey).where(ApiKey.hashed == hash_key(keys["testmode_key_secret"])))
        assert key is not None
        assert key.expires_at == key.created + 90 * 24 * 3600


def test_the_password_is_asked_again_before_a_device_gets_keys(client: FlaskClient, shop: Shop) -> None:
    desk, asked = shop.desk(), begin(client)
    path = path_of(asked["browser_url"])
    with desk.client.session_transaction() as kept:
        visit_id, at = kept[confirming.CONFIRMED]
        kept[confirming.CONFIRMED] = [visit_id, at - confirming.LASTS_SECONDS]  # it was typed a while ago
    assert "Type your password as well" in desk.follow(desk.press(desk.open(path), path)).text
    assert "not your password" in desk.follow(desk.press(desk.open(path), path, password="wrong")).text
    assert poll(client, asked) == (200, WAITS)
    assert "is paired" in desk.follow(desk.press(desk.open(path), path, password=PASSWORD)).text
    assert poll(client, asked)[1]["redeemed"] is True


def test_two_who_ask_at_the_same_moment_do_not_both_get_keys(
    app: Flask, client: FlaskClient, shop: Shop
) -> None:
    asked = begin(client)
    confirm(shop, asked)
    with app.app_context(), acting_as(system(shop.account_id, livemode=False)):
        slow = CliLogin.of_poll(asked["poll_url"].rpartition("/")[2])
        assert Context().run(poll, client, asked)[1]["redeemed"] is True
        slow.redeem()
        with pytest.raises(database.StaleWrite):
            database.commit()
        database.rollback()


def test_a_login_is_confirmed_once_and_by_one_account(app: Flask, client: FlaskClient, shop: Shop) -> None:
    asked = begin(client)
    thief = open_shop(app).desk()
    early = thief.open(path_of(asked["browser_url"]))
    confirm(shop, asked)
    late = thief.press(early, path_of(asked["browser_url"]))
    assert "confirmed already" in thief.follow(late).text
    assert poll(client, asked)[1]["account_id"] == shop.account_id


def test_only_someone_signed_in_may_confirm_and_comes_back_after_signing_in(
    client: FlaskClient, shop: Shop
) -> None:
    asked = begin(client)
    path = path_of(asked["browser_url"])
    answer = client.get(path)
    assert answer.status_code == 303
    assert "/dashboard/login" in answer.headers["Location"]
    assert client.post(path).status_code == 303
    assert shop.desk().post(path, {}).status == 303  # without its token the form changes nothing
    assert poll(client, asked) == (200, WAITS)


def test_an_old_login_is_gone(app: Flask, client: FlaskClient, shop: Shop) -> None:
    asked = begin(client)
    with app.app_context():
        mine = CliLogin.verification_code == asked["verification_code"]
        db.session.execute(update(CliLogin).where(mine).values(expires_at=1))
    assert poll(client, asked)[0] == 404
    assert shop.desk().open(path_of(asked["browser_url"])).status == 404
    with app.app_context():
        sweep()
        assert db.session.scalar(select(CliLogin).where(mine)) is None


def test_tokens_that_are_none_find_nothing(client: FlaskClient, shop: Shop) -> None:
    for token in ("x", "x" * 40, "%00", "é"):
        assert client.get(f"/stripecli/auth/{token}").status_code == 404
    assert shop.desk().open("/dashboard/stripecli/clil_absent").status == 404


def test_logins_are_capped_as_nobody_has_proved_anything(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins, "MAXIMUM_OPEN", 0)
    answer = client.post("/stripecli/auth", data={"device_name": "laptop"})
    assert (answer.status_code, told(answer)["error"]["code"]) == (429, "rate_limit")


@pytest.mark.parametrize("form", [{}, {"device_name": "x" * 256}, {"device_name": "a", "colour": "red"}])
def test_what_no_cli_sends_is_refused(client: FlaskClient, form: dict[str, str]) -> None:
    assert client.post("/stripecli/auth", data=form).status_code == 400
