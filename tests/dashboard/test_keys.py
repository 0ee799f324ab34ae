"""API keys: rolled with a grace period, the new one shown once, the old one working until it ends."""

import pytest
from flask import Flask

from kit import clock
from payments import merchants
from tests.support.desk import Desk, Shop, Sight, open_shop
from tests.support.stripe_client import stripe_client


def roll(desk: Desk, shop: Shop, grace: str) -> tuple[Sight, str]:
    page = desk.open(f"/dashboard/keys/{shop.key_id}")
    seen = desk.press(page, f"/dashboard/keys/{shop.key_id}/roll", grace=grace)
    return seen, shown_key(seen)


def shown_key(seen: Sight, begins: str = "sk_test_") -> str:
    fresh = [word for word in seen.text.split() if word.startswith(begins) and len(word) > 40]
    return fresh[0] if fresh else ""


def works(app: Flask, key: str) -> bool:
    merchants.forget_key(merchants.hash_key(key))
    answer = app.test_client().get("/v1/balance", headers={"Authorization": f"Bearer {key}"})
    return answer.status_code == 200


def test_keys_are_listed_by_their_last_characters_alone(shop: Shop, desk: Desk) -> None:
    seen = desk.open("/dashboard/keys")
    assert f"sk_test_…{shop.secret_key[-4:]}" in seen.text
    assert shop.secret_key not in seen.html


def test_a_rolled_key_works_until_its_grace_is_over(
    app: Flask, shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, fresh = roll(desk, shop, "3600")
    assert seen.status == 200
    assert "It is shown this once" in seen.text
    assert fresh != shop.secret_key
    assert works(app, fresh)
    assert works(app, shop.secret_key)
    assert stripe_client(app, fresh).v1.balance.retrieve().object == "balance"
    over = clock.now() + 3601
    monkeypatch.setattr(clock, "now", lambda: over)
    assert works(app, fresh)
    assert not works(app, shop.secret_key)


def test_a_key_rolled_at_once_ends_at_once(app: Flask, shop: Shop, desk: Desk) -> None:
    _, fresh = roll(desk, shop, "0")
    assert works(app, fresh)
    assert not works(app, shop.secret_key)


def test_the_new_key_is_shown_once_and_kept_nowhere(shop: Shop, desk: Desk) -> None:
    _, fresh = roll(desk, shop, "3600")
    again = desk.open("/dashboard/keys")
    assert fresh not in again.html
    assert f"…{fresh[-4:]}" in again.text
    cookie = desk.client.get_cookie(desk.app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    assert fresh not in cookie.value
    (row,) = shop.audited("api_key.rolled")
    assert (row.actor, row.object_id) == (shop.user_id, shop.key_id)
    assert fresh not in str(row.as_json())


def test_a_page_sent_twice_rolls_once(shop: Shop, desk: Desk) -> None:
    page = desk.open(f"/dashboard/keys/{shop.key_id}")
    action = f"/dashboard/keys/{shop.key_id}/roll"
    desk.press(page, action, grace="3600")
    seen = desk.follow(desk.press(page, action, grace="3600"))
    assert "This has changed since you opened the page." in seen.text
    assert len(shop.audited("api_key.rolled")) == 1


@pytest.mark.parametrize("grace", ["", "604801", "-1", "never"])
def test_a_grace_that_is_not_offered_is_refused(app: Flask, shop: Shop, desk: Desk, grace: str) -> None:
    seen = desk.follow(
        desk.press(
            desk.open(f"/dashboard/keys/{shop.key_id}"), f"/dashboard/keys/{shop.key_id}/roll", grace=grace
        )
    )
    assert "The old key ends" in seen.text
    assert works(app, shop.secret_key)
    assert shop.audited("api_key.rolled") == []


def test_nobody_rolls_another_accounts_key(app: Flask, shop: Shop, desk: Desk) -> None:
    form = desk.open(f"/dashboard/keys/{shop.key_id}").forms[f"/dashboard/keys/{shop.key_id}/roll"]
    stranger = open_shop(app).desk()
    token = stranger.open("/dashboard").forms["/dashboard/logout"]["dashboard_token"]
    seen = stranger.post(f"/dashboard/keys/{shop.key_id}/roll", form | {"dashboard_token": token})
    assert seen.status == 404
    assert works(app, shop.secret_key)


def test_a_roll_without_the_pages_token_changes_nothing(app: Flask, shop: Shop, desk: Desk) -> None:
    page = desk.open(f"/dashboard/keys/{shop.key_id}")
    desk.press(page, f"/dashboard/keys/{shop.key_id}/roll", dashboard_token="")
    assert works(app, shop.secret_key)
    assert shop.audited("api_key.rolled") == []
