"""The audit trail is searched by what, who, how, when and kind, and says how far it has looked."""

import pytest
from flask import Flask
from sqlalchemy import select

from dashboard import trail as page_of_the_trail
from kit import clock, database
from kit.database import db
from payments import audit, audit_search
from payments.audit import AuditRow
from payments.charging.card_brands import hides_card_number
from payments.scope import Caller
from tests.support.desk import Desk, Shop, Sight, open_shop

TRAIL = "/dashboard/audit"
NOON = 1_764_331_200  # 28 November 2025, 12:00:00 UTC
HOSTILE = "<script>alert(1)</script>"


def happened(
    app: Flask, shop: Shop, action: str = "refund.created", object_id: str | None = "re_1", *,
    outcome: str = "succeeded", actor: str = "system", at: int | None = None, livemode: bool = False,
    request_id: str | None = None,
) -> None:  # fmt: skip
    """Write a row of the shop's trail."""
    who = Caller(shop.account_id, livemode, actor, request_id=request_id)
    with app.app_context():
        row = audit.row(action, object_id, outcome, who=who)
        row.created = clock.now() if at is None else at
        database.collect(row)
        database.commit()


def rows(seen: Sight) -> int:
    return seen.html.count('data-label="Time, UTC"')


def find(desk: Desk, **given: str) -> Sight:
    return desk.open(TRAIL, query_string=given)


@pytest.fixture
def told(app: Flask, shop: Shop) -> None:
    """Four rows that differ in everything."""
    happened(app, shop, "refund.created", "re_one", actor="system", at=NOON, request_id="req_one")
    happened(app, shop, "GET /v1/refunds/{id}", "re_one", actor=shop.key_id, at=NOON + 1)
    happened(
        app, shop, "POST /v1/refunds", "re_two", outcome="charge_disputed", actor=shop.key_id, at=NOON + 60
    )
    happened(app, shop, "GET /v1/refunds/{id}", "re_nine", outcome="resource_missing", at=NOON + 3600)


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"object": "re_one"}, 2),
        ({"object": "re_none"}, 0),
        ({"request": "req_one"}, 1),
        ({"actor": "KEY", "outcome": "succeeded"}, 1),
        ({"actor": "KEY"}, 2),
        ({"outcome": "resource_missing"}, 1),
        ({"outcome": "refused", "to": "2025-11-28"}, 2),
        ({"kind": "query", "to": "2025-11-28"}, 2),
        ({"kind": "change", "to": "2025-11-28"}, 2),
        ({"from": "2025-11-28T12:00:00", "to": "2025-11-28T12:00:00"}, 1),
        ({"from": "2025-11-28T12:00:01", "to": "2025-11-28T12:00:59"}, 1),
        ({"from": "2025-11-28T12:00", "to": "2025-11-28T12:00"}, 2),  # a minute ends with its last second
        ({"from": "2025-11-28 12:01", "to": "2025-11-28"}, 2),
        ({"object": "re_one", "kind": "query"}, 1),
        ({"to": "2025-11-27"}, 0),
    ],
)
def test_each_filter_leaves_what_it_names(shop: Shop, desk: Desk, given: dict[str, str], count: int) -> None:
    typed = {name: shop.key_id if value == "KEY" else value for name, value in given.items()}
    seen = find(desk, **typed)
    assert (seen.status, rows(seen)) == (200, count)
    form = seen.forms[TRAIL]
    assert {name: form[name] for name in typed} == typed  # it stands in the form as it was typed
    assert seen.inline == []
    if not count:
        assert "Nothing like that has been found." in seen.text


def test_a_person_is_found_by_email_and_a_key_is_named(shop: Shop, desk: Desk) -> None:
    shop.pay()
    desk.open("/dashboard/payments")
    seen = find(desk, actor=shop.email.upper(), kind="query")
    assert rows(seen) >= 2
    assert shop.email in seen.text
    assert f"sk_test_…{shop.secret_key[-4:]}" in find(desk, actor=shop.key_id).text


def test_times_have_seconds_and_say_their_zone(app: Flask, shop: Shop, desk: Desk) -> None:
    happened(app, shop, at=NOON + 7)
    seen = find(desk, object="re_1")
    assert "28 Nov 2025, 12:00:07" in seen.text
    assert "Time, UTC" in seen.text
    assert 'datetime="2025-11-28T12:00:07Z"' in seen.html


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"from": "yesterday"}, "From: type a date and a time in UTC, for example"),
        ({"to": "2025-13-01"}, "To: type a date and a time in UTC"),
        ({"to": "٢٠٢٥-11-28"}, "To: type a date"),
        ({"from": "0000-01-01"}, "From: type a date"),
        ({"from": "2025-11-29", "to": "2025-11-28"}, "From: it lies after To."),
        ({"kind": "both"}, "Kind: choose one of query, change."),
        ({"object": "a" * 256}, "Object: at most 255 characters"),
        ({"actor": "a\x00b"}, "Who: at most 255 characters, on one line."),
        ({"before": "x"}, "There is no such page."),
        ({"before": "9" * 19}, "There is no such page."),
    ],
)
def test_a_filter_that_can_not_be_is_refused_in_words(desk: Desk, given: dict[str, str], words: str) -> None:
    seen = find(desk, **given)
    assert (seen.status, words in seen.text) == (400, True)
    assert rows(seen) == 0


@pytest.mark.parametrize("name", ["object", "actor", "request", "outcome"])
@pytest.mark.parametrize("typed", [HOSTILE, "' OR 1=1 --", "%", "é\u202e"])
def test_whatever_is_typed_is_only_text(app: Flask, shop: Shop, desk: Desk, name: str, typed: str) -> None:
    happened(app, shop, outcome=HOSTILE, actor=HOSTILE, object_id=HOSTILE, request_id=HOSTILE)
    seen = find(desk, **{name: typed})
    assert (seen.status, rows(seen)) == (200, int(typed == HOSTILE))
    assert seen.inline == []


@pytest.mark.parametrize("given", [{}, {"actor": "someone"}, {"object": "re_1"}])
def test_it_pages_and_keeps_the_filters(
    app: Flask, shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    monkeypatch.setattr(page_of_the_trail, "ROWS", 3)
    for number in range(7):
        happened(app, shop, actor="someone", request_id=f"req_{number}")
    shown: list[str] = []
    seen = find(desk, **given)
    for _ in range(3):
        shown += [link for link in seen.links if "/logs/req_" in link and link.endswith(tuple("0123456"))]
        older = next((link for link in seen.links if "before=" in link and "check" not in link), None)
        if older is None:
            break
        seen = desk.open(older)
        assert {name: seen.forms[TRAIL][name] for name in given} == given
    assert [link[-1] for link in shown if link[:-1].endswith("req_")] == list("6543210")


@pytest.mark.parametrize("path", [f"{TRAIL}?object=", "/dashboard/payments/", "/dashboard/ledger/"])
@pytest.mark.parametrize("number", ["4242424242424242", "5555-5555-5555-4444", "pi_378282246310005"])
def test_a_card_number_that_is_typed_into_an_address_is_not_kept(
    shop: Shop, desk: Desk, path: str, number: str
) -> None:
    desk.open(f"{path}{number}")
    with desk.app.app_context():
        named = db.session.scalars(select(AuditRow.object_id).where(AuditRow.account_id == shop.account_id))
        kept = [name for name in named if name is not None]
    assert [name for name in kept if hides_card_number(name)] == []
    assert any("****" in name for name in kept)  # that somebody looked is


def test_a_long_search_stops_says_how_far_it_has_looked_and_goes_on(
    app: Flask, shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "MOST_LOOKED_AT", 5)
    happened(app, shop, actor="seldom", at=NOON)
    for number in range(6):
        happened(app, shop, at=NOON + number)
    seen = find(desk, actor="seldom")
    assert rows(seen) == 0
    assert "Nothing like that has been found so far." in seen.text
    assert "Looked back to 28 Nov 2025, 12:00:0" in seen.text
    for _ in range(3):
        if rows(seen):
            break
        seen = desk.open(next(link for link in seen.links if "before=" in link and "check" not in link))
    assert rows(seen) == 1


def test_another_merchants_and_the_other_modes_rows_are_not_found(app: Flask, shop: Shop, desk: Desk) -> None:
    happened(app, shop, object_id="re_mine", actor="someone", request_id="req_mine")
    happened(app, shop, object_id="re_live", actor="someone", request_id="req_live", livemode=True)
    stranger = open_shop(app).desk()
    for given in ({"object": "re_mine"}, {"actor": "someone"}, {"request": "req_mine"}, {"kind": "change"}):
        assert "req_mine" not in find(stranger, **given).links
        assert "refund.created" not in find(stranger, **given).text
    assert rows(find(desk, object="re_live")) == 0
    assert rows(find(desk, actor="someone")) == 1
    assert find(stranger, actor=shop.email, kind="change").status == 200
    assert rows(find(stranger, actor=shop.email)) == 0
