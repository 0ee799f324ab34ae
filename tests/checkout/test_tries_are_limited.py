"""Whoever tests cards on the page learns nothing from it, and a customer who mistypes never notices a limit.

The figures are those of live mode, in force for test mode as `ATTEMPT_LIMITS=live` has it; smaller where a
test would have to decline a hundred cards.
"""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from app import create_app
from config import Settings, load
from kit import clock, limits
from kit.database import db
from kit.limits import Limit, LimitCounter
from payments.audit import AuditRow
from payments.charging import tries
from payments.charging.attempts import Attempt
from payments.charging.tries import LIVE
from tests.support.buyer import Buyer, Seen, Till, look
from tests.support.factories import create_merchant
from tests.support.hosted_page import GOOD_CARD, INSUFFICIENT_FUNDS, TYPED
from tests.support.publishable import publishable_key

DECLINED = "4000000000000002"
WRONG_CVC = "4000000000000127"
HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"
RACERS = 32


@pytest.fixture(autouse=True)
def _figures_of_live_mode(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "_in_force", ["live"])
    with app.app_context():
        db.session.execute(delete(LimitCounter))
        db.session.remove()


def fewer(monkeypatch: pytest.MonkeyPatch, **figures: Limit) -> None:
    monkeypatch.setattr(tries, "LIVE", replace(LIVE, **figures))


def buyer_at(till: Till, address: str = HOME, **overrides: object) -> Buyer:
    buyer = Buyer(till.app, till.open_session(**overrides))
    buyer.client.environ_base["REMOTE_ADDR"] = address
    buyer.open()
    return buyer


def words(seen: Seen) -> str:
    """What the page says, but for what differs from one visit to the next anyway."""
    return re.sub(r"Continue to .*", "", seen.text)


def asked(app: Flask, till: Till) -> int:
    """How many questions a bank was asked for the merchant."""
    account = till.get("/v1/account")["id"]
    with app.app_context():
        return db.session.scalar(select(func.count()).where(Attempt.account_id == account)) or 0


def test_five_declines_with_their_reasons_and_then_a_good_card(till: Till) -> None:
    buyer = buyer_at(till)
    for _ in range(5):
        seen = buyer.submit(cardNumber=INSUFFICIENT_FUNDS)
        assert (seen.status, "insufficient funds" in seen.text) == (402, True)
    assert "Payment received" in buyer.submit().text


def test_mistyped_fields_count_for_nothing(till: Till) -> None:
    buyer = buyer_at(till)
    for _ in range(40):
        assert buyer.submit(cardNumber="4242424242424241").status == 422
    assert "Payment received" in buyer.submit().text


def test_beyond_the_limit_a_good_card_is_answered_as_a_bad_one_and_no_bank_is_asked(
    app: Flask, till: Till
) -> None:
    buyer = buyer_at(till)
    for _ in range(LIVE.session.most):
        assert buyer.submit(cardNumber=DECLINED).status == 402
    before = asked(app, till)
    refused = [buyer.submit(cardNumber=card) for card in (GOOD_CARD, DECLINED, INSUFFICIENT_FUNDS, WRONG_CVC)]
    assert {seen.status for seen in refused} == {429}
    assert len({words(seen) for seen in refused}) == 1
    assert {seen.response.headers["Retry-After"] for seen in refused} == {str(LIVE.wait_seconds)}
    assert asked(app, till) == before
    assert "No money has been taken" in refused[0].text
    kept = {name: text for name, text in TYPED.items() if name != "cardCvc"}
    assert kept.items() <= refused[0].values.items()
    assert refused[0].values["cardCvc"] == ""
    session = till.get(f"/v1/checkout/sessions/{buyer.session['id']}")
    assert (session["status"], session["payment_status"]) == ("open", "unpaid")


@pytest.mark.parametrize("limit", ["session", "address", "card", "bin"])
def test_which_limit_it_was_does_not_show(till: Till, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    fewer(monkeypatch, **{limit: Limit(1, 360)})
    buyer = buyer_at(till)
    assert buyer.submit(cardNumber=DECLINED).status == 402
    seen = buyer.submit(cardNumber=DECLINED)
    assert (seen.status, seen.response.headers["Retry-After"]) == (429, "360")
    assert "Too many tries in a short time. No money has been taken." in seen.text
    assert "in 6 minutes" in seen.text


def test_the_house_sets_how_many_declines_close_an_issuers_range(
    till: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For one merchant: the other one's customers of the same bank go on paying."""
    monkeypatch.setattr(tries, "_declines_per_range", [])
    set_so = load({"DATA_DIR": str(tmp_path), "ATTEMPT_LIMITS": "live", "DECLINES_PER_RANGE": "2"})
    tries.configure(set_so.attempt_limits, set_so.declines_per_range)
    assert [buyer_at(till).submit(cardNumber=DECLINED).status for _ in range(3)] == [402, 402, 429]
    refused = buyer_at(till).submit(cardNumber="4000000000000077")
    assert (refused.status, "Too many tries" in refused.text) == (429, True)
    assert "Payment received" in buyer_at(till).submit(cardNumber=GOOD_CARD).text
    _, secret_key = create_merchant(till.app, "Another shop")
    assert buyer_at(Till(till.app, secret_key)).submit(cardNumber="4000000000000077").status == 200


def test_after_the_wait_that_was_told_the_customer_pays(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    buyer = buyer_at(till)
    for _ in range(LIVE.session.most):
        buyer.submit(cardNumber=DECLINED)
    refused = buyer.submit()
    later = int(time.time()) + int(refused.response.headers["Retry-After"])
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "Payment received" in buyer.submit().text


def test_after_some_declines_all_of_them_read_alike_also_when_read_again(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer(monkeypatch, reasons=Limit(1, 600))
    buyer = buyer_at(till)
    assert "insufficient funds" in buyer.submit(cardNumber=INSUFFICIENT_FUNDS).text
    told = [buyer.submit(cardNumber=card) for card in (INSUFFICIENT_FUNDS, DECLINED, WRONG_CVC)]
    assert {seen.status for seen in told} == {402}
    assert len({words(seen) for seen in told}) == 1
    assert "Your card was declined." in told[0].text
    assert "security code is incorrect" not in buyer.open("?waiting=").text


def test_counters_that_fail_after_the_banks_answer_hide_no_payment(
    till: Till, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    buyer = buyer_at(till)

    def broken(*_: object) -> None:
        raise OSError("the database has gone away")

    monkeypatch.setattr(limits, "changes", broken)
    assert "Payment received" in buyer.submit().text
    assert "a try was not counted" in caplog.text


def test_customers_who_pay_use_no_limit_up(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    fewer(monkeypatch, address=Limit(2, 3600), card=Limit(2, 3600), bin=Limit(2, 3600))
    for _ in range(4):
        assert "Payment received" in buyer_at(till).submit().text


def test_one_address_is_counted_over_many_sessions_and_another_is_not(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer(monkeypatch, address=Limit(3, 3600))
    assert [buyer_at(till).submit(cardNumber=DECLINED).status for _ in range(4)] == [402] * 3 + [429]
    assert buyer_at(till, ELSEWHERE).submit(cardNumber=DECLINED).status == 402


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "fe80::1", "::ffff:127.0.0.1", "unix"])
def test_an_address_behind_which_may_be_everybody_is_not_counted(
    till: Till, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    fewer(monkeypatch, address=Limit(1, 3600))
    assert [buyer_at(till, address).submit(cardNumber=DECLINED).status for _ in range(2)] == [402] * 2


@pytest.mark.parametrize(
    ("address", "network"),
    [("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("::ffff:198.51.100.7", HOME), (HOME, HOME), (None, None)],
)
def test_a_household_is_one_address(address: str | None, network: str | None) -> None:
    assert tries.network_of(address) == network


def test_thirty_two_at_once_from_one_address_are_no_more_than_the_limit(
    app: Flask, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer(monkeypatch, address=Limit(5, 3600), card=Limit(1000, 3600))
    buyers = [buyer_at(till) for _ in range(RACERS)]
    start = Barrier(RACERS)

    def act(buyer: Buyer) -> int:
        start.wait(30)
        return buyer.submit(cardNumber=DECLINED).status

    with ThreadPoolExecutor(RACERS) as pool:
        statuses = sorted(pool.map(act, buyers))
    assert statuses == [402] * 5 + [429] * (RACERS - 5)
    assert asked(app, till) == 5


def test_a_link_opens_only_so_many_sessions_for_one_address(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer(monkeypatch, opened=Limit(2, 60))
    price = till.post("/v1/prices", {"currency": "usd", "unit_amount": 500, "product_data": {"name": "Tea"}})
    link = till.post("/v1/payment_links", {"line_items": [{"price": price["id"], "quantity": 1}]})
    path = "/" + link["url"].split("/", 3)[3]

    def follow(address: str) -> tuple[int, str | None]:
        answer = till.app.test_client().get(path, environ_overrides={"REMOTE_ADDR": address})
        return answer.status_code, answer.headers.get("Retry-After")

    assert [follow(HOME) for _ in range(3)] == [(303, None), (303, None), (429, "30")]
    assert follow(ELSEWHERE) == (303, None)


def test_promotion_codes_are_not_guessed(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    fewer(monkeypatch, codes=Limit(3, 600))
    coupon = till.post("/v1/coupons", {"percent_off": 10, "duration": "once"})
    till.post("/v1/promotion_codes", {"promotion": {"type": "coupon", "coupon": coupon["id"]}, "code": "TEN"})
    buyer = buyer_at(till, allow_promotion_codes=True)

    def enter(code: str) -> int:
        typed = {"csrf_token": buyer.token, "promotionCode": code}
        return look(buyer.client.post(f"{buyer.path}/order", data=typed, headers=buyer.headers)).status

    assert [enter("TEN") for _ in range(5)] == [303] * 5
    assert [enter(f"NO{number}") for number in range(4)] == [422] * 3 + [429]
    assert enter("TEN") == 429
    assert "Payment received" in buyer.submit(expectedAmount="").text


def test_one_address_does_not_take_the_logins_of_the_whole_house(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tries, "LOGINS", Limit(2, 60))

    def login(address: str) -> tuple[int, str | None]:
        answer = app.test_client().post(
            "/stripecli/auth", data={"device_name": "a"}, environ_overrides={"REMOTE_ADDR": address}
        )
        return answer.status_code, answer.headers.get("Retry-After")

    assert [login(HOME) for _ in range(3)] == [(200, None), (200, None), (429, "30")]
    assert login(ELSEWHERE) == (200, None)
    assert login("127.0.0.1") == (200, None)


def test_a_publishable_key_is_limited_and_a_secret_one_is_not(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer(monkeypatch, session=Limit(2, 600))
    publishable = publishable_key(till)
    given = {"amount": 2000, "currency": "usd", "payment_method_types[]": "card"}
    intent = till.client.post("/v1/payment_intents", data=given, headers=till.headers).get_json()
    wanted = {"payment_method": "pm_card_chargeDeclined", "client_secret": intent["client_secret"]}

    def confirm(headers: dict[str, str], **data: str) -> tuple[int, str | None]:
        answer = till.client.post(f"/v1/payment_intents/{intent['id']}/confirm", data=data, headers=headers)
        return answer.status_code, answer.headers.get("Retry-After")

    browser = {"Authorization": f"Bearer {publishable}"}
    told = [confirm(browser, **wanted) for _ in range(3)]
    assert told == [(402, None), (402, None), (429, str(LIVE.wait_seconds))]
    assert confirm(till.headers, payment_method="pm_card_visa") == (200, None)


def test_what_a_client_says_of_its_address_counts_only_behind_a_trusted_proxy(
    app: Flask, settings: Settings, till: Till
) -> None:
    session = till.open_session()
    spoofed = {"X-Forwarded-For": f"{ELSEWHERE}, {HOME}", "X-Forwarded-Host": "evil.example"}

    def address_seen(house: Flask) -> str | None:
        house.test_client().get(f"/c/pay/{session['id']}", headers=spoofed)
        with app.app_context():
            query = select(AuditRow.address).where(AuditRow.object_id == session["id"])
            return db.session.scalar(query.order_by(AuditRow.seq.desc()).limit(1))

    assert address_seen(app) == "127.0.0.1"
    for proxies, address in ((1, HOME), (2, ELSEWHERE)):
        house = create_app(replace(settings, trusted_proxies=proxies))
        assert address_seen(house) == address
        with house.app_context():
            db.session.remove()
            db.engine.dispose()
