"""Signing in and out: who gets in, for how long, and what is kept of those who do not."""

import hashlib
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy.pool import QueuePool

from dashboard import sessions, users
from kit import clock, database
from kit.database import db
from payments.merchants import User
from tests.support.desk import Desk, Shop

PAGES = (
    "", "/payments", "/payments/pi_1", "/checkout-sessions", "/checkout-sessions/cs_1", "/events",
    "/events/evt_1", "/webhooks", "/webhooks/we_1", "/keys", "/keys/key_1", "/ledger", "/ledger/txn_1",
    "/audit", "/logs/req_1",
)  # fmt: skip


def test_the_right_password_opens_the_overview(app: Flask, shop: Shop) -> None:
    seen = Desk(app, shop.email).sign_in()
    assert seen.status == 200
    assert "Rosie's Roses" in seen.text
    assert shop.email in seen.text


def test_the_email_may_be_typed_in_capitals_and_with_spaces(app: Flask, shop: Shop) -> None:
    assert Desk(app, f" {shop.email.upper()} ").sign_in().status == 200


@pytest.mark.parametrize("right", [True, False])
def test_no_connection_is_held_while_a_password_is_hashed(
    app: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch, right: bool
) -> None:
    """As many as try to sign in at once, so many would be held, and payments would wait for one."""
    held: list[int] = []
    scrypt = hashlib.scrypt
    with app.app_context():
        pool = cast("QueuePool", db.engine.pool)

    def hashed(*given: Any, **terms: Any) -> bytes:
        held.append(pool.checkedout() - before)
        return scrypt(*given, **terms)

    desk = Desk(app, shop.email)
    door = desk.open("/dashboard/login")
    before = pool.checkedout()
    monkeypatch.setattr(hashlib, "scrypt", hashed)
    password = desk.password if right else "wrong"
    answer = desk.press(door, "/dashboard/login", email=shop.email, password=password)
    assert (answer.status, held) == (303 if right else 422, [0])


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_sent_to_the_login_from_every_page(app: Flask, path: str) -> None:
    seen = Desk(app, "nobody@example.com").open(f"/dashboard{path}")
    assert seen.status == 303
    assert seen.leads_to == f"/dashboard/login?next=/dashboard{path}"


@pytest.mark.parametrize("path", ["/dashboard/keys", "/dashboard/ledger/po_1:paid"])
def test_the_login_leads_on_to_the_page_that_was_asked_for(app: Flask, shop: Shop, path: str) -> None:
    desk = Desk(app, shop.email)
    door = desk.follow(desk.open(path))
    inside = desk.press(door, "/dashboard/login", email=shop.email, password=desk.password)
    assert inside.leads_to == path


@pytest.mark.parametrize(
    "onward",
    [
        "https://evil.example/dashboard",
        "//evil.example",
        "/\\evil.example",
        "/dashboard@evil.example",
        "/c/pay",
        "x",
    ],
)
def test_the_login_never_leads_to_another_place(app: Flask, shop: Shop, onward: str) -> None:
    desk = Desk(app, shop.email)
    door = desk.open("/dashboard/login", query_string={"next": onward})
    inside = desk.press(door, "/dashboard/login", email=shop.email, password=desk.password)
    assert inside.leads_to == "/dashboard"


def test_a_wrong_password_and_an_unknown_email_read_the_same(app: Flask, shop: Shop) -> None:
    desk = Desk(app, shop.email)
    wrong = desk.try_password("not it")
    unknown = desk.try_password("not it", email="nobody@example.com")
    assert wrong.status == unknown.status == 422
    assert "do not match" in wrong.text
    assert (
        wrong.html.replace(shop.email, "").split("dashboard_token")[0]
        == (unknown.html.replace("nobody@example.com", "").split("dashboard_token")[0])
    )
    assert desk.open("/dashboard").status == 303


def test_a_wrong_password_is_audited_and_never_kept(app: Flask, shop: Shop) -> None:
    desk = Desk(app, shop.email)
    desk.try_password("tulips and daffodils")
    (row,) = shop.audited(sessions.REFUSED)
    assert (row.actor, row.object_id, row.outcome) == ("visitor", shop.user_id, "wrong_password")
    assert row.address == desk.address
    assert "tulips" not in str(row.as_json())


def test_a_login_is_audited(app: Flask, shop: Shop) -> None:
    desk = Desk(app, shop.email)
    desk.sign_in()
    (row,) = shop.audited(users.OPENED)
    assert (row.actor, row.outcome, row.address) == (shop.user_id, "succeeded", desk.address)


@pytest.mark.parametrize(
    ("email", "password"),
    [("", ""), ("a@b.example", ""), ("", "x"), ("a\0b@c.example", "x"), ("a" * 999, "x")],
)
def test_what_no_login_can_be_is_answered_calmly(app: Flask, email: str, password: str) -> None:
    desk = Desk(app, "nobody@example.com")
    page = desk.open("/dashboard/login")
    seen = desk.press(page, "/dashboard/login", email=email, password=password)
    assert seen.status == 422
    assert "Enter your email and your password." in seen.text


def test_signing_out_ends_the_visit_and_every_copy_of_its_cookie(shop: Shop) -> None:
    desk = shop.desk()
    copied = desk.client.get_cookie(desk.app.config["SESSION_COOKIE_NAME"])
    assert copied is not None
    out = desk.press(desk.open("/dashboard"), "/dashboard/logout")
    assert out.leads_to == "/dashboard/login"
    assert desk.open("/dashboard").status == 303
    desk.client.set_cookie(copied.key, copied.value)
    assert desk.open("/dashboard").status == 303
    assert len(shop.audited(users.CLOSED)) == 1


def test_a_visit_ends_by_itself_within_the_day(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now() + users.LONGEST_SECONDS
    monkeypatch.setattr(clock, "now", lambda: later - 60)
    assert desk.open("/dashboard").status == 200
    monkeypatch.setattr(clock, "now", lambda: later + 60)
    assert desk.open("/dashboard").status == 303


def test_another_password_ends_all_visits(app: Flask, shop: Shop, desk: Desk) -> None:
    with app.app_context():
        user = db.session.get(User, shop.user_id)
        assert user is not None
        user.change_password("another one")
        database.commit()
    assert desk.open("/dashboard").status == 303


def test_a_cookie_that_turns_up_at_another_address_opens_nothing(desk: Desk) -> None:
    desk.address = "203.0.113.7"
    assert desk.open("/dashboard").status == 303


def test_the_cookie_is_for_this_house_alone(app: Flask, shop: Shop) -> None:
    desk = Desk(app, shop.email)
    answer = desk.try_password(desk.password).response
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_cookie_from_before_the_login_is_worth_nothing_after_it(app: Flask, shop: Shop) -> None:
    desk = Desk(app, shop.email)
    door = desk.open("/dashboard/login")
    planted = door.forms["/dashboard/login"]["dashboard_token"]
    desk.press(door, "/dashboard/login", email=shop.email, password=desk.password)
    desk.post("/dashboard/mode", {"dashboard_token": planted, "live": "yes"})
    assert "Test mode" in desk.open("/dashboard").text


def test_a_login_without_its_token_is_refused(app: Flask, shop: Shop) -> None:
    desk = Desk(app, shop.email)
    desk.open("/dashboard/login")
    seen = desk.post("/dashboard/login", {"email": shop.email, "password": desk.password})
    assert seen.status == 400
    assert "open for too long" in seen.text
    assert desk.open("/dashboard").status == 303


def test_who_is_signed_in_needs_no_login_page(desk: Desk) -> None:
    assert desk.open("/dashboard/login").leads_to == "/dashboard"
