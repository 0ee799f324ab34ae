"""API keys are made and revoked at the desk by somebody who knows the password; each change leaves a row."""

import re

import pytest
from flask import Flask

from dashboard import confirming, throttle
from dashboard.lists import ROWS
from kit import clock, database
from payments import merchants
from tests.dashboard.test_keys import roll, shown_key, works
from tests.support.desk import PASSWORD, Desk, Shop, Sight, open_shop

HOSTILE = '"><script>alert(1)</script>\u202egnp'
MAKE = "/dashboard/keys"


def make(desk: Desk, **typed: str) -> Sight:
    return desk.press(desk.open(MAKE), MAKE, **typed)


def revoke(desk: Desk, key_id: str, **typed: str) -> Sight:
    page = desk.open(f"/dashboard/keys/{key_id}")
    return desk.follow(desk.press(page, f"/dashboard/keys/{key_id}/revoke", **{"sure": "yes", **typed}))


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password was typed a while ago."""
    past = clock.now() + confirming.LASTS_SECONDS + 1
    monkeypatch.setattr(clock, "now", lambda: past)


@pytest.mark.parametrize(("kind", "begins"), [("secret", "sk_test_"), ("publishable", "pk_test_")])
def test_a_key_is_made_shown_once_and_works(
    app: Flask, shop: Shop, desk: Desk, kind: str, begins: str
) -> None:
    seen = make(desk, name="Web shop", kind=kind)
    fresh = shown_key(seen, begins)
    assert (seen.status, seen.response.headers["Cache-Control"]) == (200, "no-store")
    assert "It is shown this once" in seen.text
    assert works(app, fresh) is (kind == "secret")  # a publishable key reads no balance
    again = desk.open(MAKE)
    assert fresh not in again.html
    assert "Web shop" in again.text
    assert f"{begins}…{fresh[-4:]}" in again.text
    (row,) = shop.audited("api_key.created")
    assert (row.actor, row.details) == (shop.user_id, {"kind": kind})
    page = desk.open(f"/dashboard/keys/{row.object_id}")
    assert fresh not in page.html
    assert len(shop.audited("POST /dashboard/keys")) == 1


def test_a_form_that_is_sent_again_by_a_reload_makes_no_second_key(shop: Shop, desk: Desk) -> None:
    page = desk.open(MAKE)
    assert shown_key(desk.press(page, MAKE, name="Once"))
    again = desk.press(page, MAKE, name="Once")
    assert (again.status, shown_key(again)) == (400, "")
    assert "This key has been made already. It is not shown again" in again.text
    assert len(shop.audited("api_key.created")) == 1
    assert shown_key(desk.press(again, MAKE, name="Twice"))  # the form that is shown then is a new one


def test_a_live_key_is_made_in_live_mode(shop: Shop, desk: Desk) -> None:
    desk.press(desk.open("/dashboard"), "/dashboard/mode")
    assert shown_key(make(desk), "sk_live_")
    assert len(shop.audited("api_key.created", livemode=True)) == 1
    assert desk.open(f"/dashboard/keys/{shop.key_id}").status == 404  # that one is of test mode


def test_a_revoked_key_ends_at_once(app: Flask, shop: Shop, desk: Desk) -> None:
    seen = revoke(desk, shop.key_id)
    assert "is revoked" in seen.text
    assert not works(app, shop.secret_key)
    (row,) = shop.audited("api_key.revoked")
    assert (row.actor, row.object_id) == (shop.user_id, shop.key_id)
    page = desk.open(f"/dashboard/keys/{shop.key_id}")
    assert "ended" in page.text
    assert [action for action in page.forms if shop.key_id in action] == []


def test_a_key_in_its_grace_period_can_be_revoked(app: Flask, shop: Shop, desk: Desk) -> None:
    _, fresh = roll(desk, shop, "3600")
    revoke(desk, shop.key_id)
    assert not works(app, shop.secret_key)
    assert works(app, fresh)


def test_a_successor_keeps_the_name(shop: Shop, desk: Desk) -> None:
    make(desk, name="Warehouse")
    (made,) = shop.audited("api_key.created")
    page = desk.open(f"/dashboard/keys/{made.object_id}")
    seen = desk.press(page, f"/dashboard/keys/{made.object_id}/roll", grace="3600")
    assert "Warehouse" in seen.text
    assert "goes on working until" in seen.text


def test_nothing_is_revoked_unless_one_is_sure(app: Flask, shop: Shop, desk: Desk) -> None:
    assert "Tick the box" in revoke(desk, shop.key_id, sure="").text
    assert "look at it again first" in revoke(desk, shop.key_id, version="7").text
    assert works(app, shop.secret_key)


def test_the_password_is_asked_again_after_some_minutes(
    app: Flask, shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "password" not in desk.open(MAKE).forms[MAKE]  # it was typed just now, to sign in
    stale = desk.open(MAKE)
    later(monkeypatch)
    assert "Type your password as well" in desk.press(stale, MAKE, name="Till 7").text
    refused = make(desk, name="Till 7", password="wrong")
    assert (refused.status, refused.forms[MAKE]["name"]) == (403, "Till 7")
    assert "This is not your password" in refused.text
    assert "wrong" not in refused.html
    assert "Type your password" in revoke(desk, shop.key_id).text
    assert "not your password" in revoke(desk, shop.key_id, password="wrong").text
    assert works(app, shop.secret_key)
    assert shop.audited("api_key.created") == []
    outcomes = [row.outcome for row in shop.audited("POST /dashboard/keys")]
    assert outcomes == ["password_missing", "password_wrong"]
    assert shown_key(make(desk, name="Till 7", password=PASSWORD))
    assert "password" not in desk.open(MAKE).forms[MAKE]


def test_the_password_that_is_asked_again_can_not_be_guessed_for_ever(
    shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch)
    for _ in range(throttle.MOST_PER_EMAIL):
        assert make(desk, password="guess").status == 403
    assert make(desk, password=PASSWORD).status == 429
    assert shop.audited("api_key.created") == []


def test_a_password_typed_on_another_visit_does_not_count(shop: Shop, desk: Desk) -> None:
    other = Desk(desk.app, shop.email)
    other.sign_in()
    with desk.client.session_transaction() as kept, other.client.session_transaction() as theirs:
        theirs[confirming.CONFIRMED] = kept[confirming.CONFIRMED]
    assert make(other).status == 403


def test_another_merchants_keys_are_neither_shown_nor_touched(app: Flask, shop: Shop) -> None:
    stranger = open_shop(app).desk()
    assert shop.key_id not in stranger.open(MAKE).html
    assert stranger.open(f"/dashboard/keys/{shop.key_id}").status == 404
    token = stranger.open(MAKE).forms[MAKE]["dashboard_token"]
    forged = {"dashboard_token": token, "version": "1", "sure": "yes"}
    assert stranger.post(f"/dashboard/keys/{shop.key_id}/revoke", forged).status == 404
    taken = {"dashboard_token": token, "kind": "secret", "key_id": shop.key_id}
    assert stranger.post(MAKE, taken).status == 400
    assert works(app, shop.secret_key)


@pytest.mark.parametrize(
    "typed", [{"kind": "restricted"}, {"name": "x" * 81}, {"name": "a\x00b"}, {"key_id": "key_1"}]
)
def test_a_form_that_says_something_else_makes_nothing(shop: Shop, desk: Desk, typed: dict[str, str]) -> None:
    seen = make(desk, **typed)
    assert (seen.status, "notice-bad" in seen.html) == (400, True)
    assert shop.audited("api_key.created") == []


def test_without_the_pages_token_nothing_is_made_or_revoked(app: Flask, shop: Shop, desk: Desk) -> None:
    assert make(desk, dashboard_token="").status == 400
    revoke(desk, shop.key_id, dashboard_token="")
    assert works(app, shop.secret_key)
    assert shop.audited("api_key.created") == []


def test_a_name_is_only_text(desk: Desk) -> None:
    seen = make(desk, name=HOSTILE)
    assert seen.inline == []
    assert desk.open(MAKE).inline == []
    assert HOSTILE.replace("\u202e", "") in desk.open(MAKE).text  # overrides of direction are left out


def test_keys_are_paged(shop: Shop, desk: Desk, app: Flask) -> None:
    with app.app_context():
        for _ in range(ROWS + 2):
            merchants.ApiKey.issue(shop.account_id, merchants.KeyKind.SECRET, livemode=False)
        database.commit()
    first = desk.open(MAKE)
    (older,) = {link for link in first.links if "older_than" in link}
    second = desk.open(older)
    shown = [set(re.findall(r"/dashboard/keys/(key_\w+)", seen.html)) for seen in (first, second)]
    assert (len(shown[0]), shown[0] & shown[1]) == (ROWS, set())
    assert shop.key_id in shown[1]
