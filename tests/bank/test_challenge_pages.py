"""The issuer's pages: no other site presses their buttons, and nobody is trapped in them."""

import re

from tests.bank.challenged import (
    BACK,
    OTP,
    OUT_OF_BAND,
    Holder,
    challenged,
)
from tests.bank.support import Caller, bearer


def test_a_form_of_another_site_presses_no_button(bank: Caller) -> None:
    holder = challenged(bank, OUT_OF_BAND)
    holder.open()
    for forged in ({}, {"form_token": ""}, {"form_token": "é"}, {"form_token": "0" * 64}):
        refused = holder.client.post(holder.path, data={**forged, "approve": "yes"})
        assert refused.status_code == 400
    elsewhere = Holder(bank, holder.url, token=holder.token)  # the right token, without its browser's cookie
    assert elsewhere.send(approve="yes").status_code == 400
    assert bank.show("pay_1")["outcome"] == "challenge_required"


def test_a_second_window_of_the_same_browser_keeps_the_first_one_working(bank: Caller) -> None:
    holder = challenged(bank)
    holder.open()
    first = holder.token
    holder.open()
    assert holder.client.post(holder.path, data={"form_token": first, "code": "424242"}).status_code == 303


def test_an_ended_challenge_shows_its_end_and_takes_nobody_away_twice(bank: Caller) -> None:
    holder = challenged(bank)
    holder.answer(code="424242")
    assert 'http-equiv="refresh"' in holder.open("?done=")
    again = holder.open()
    assert 'http-equiv="refresh"' not in again
    assert 'id="onward"' in again
    assert holder.send(cancel="yes").status_code == 303
    assert bank.show("pay_1")["outcome"] == "approved"


def test_an_address_that_nobody_was_given_leads_nowhere(bank: Caller) -> None:
    challenged(bank)
    for path in ("/challenge/x", "/challenge/pay_1", "/challenge/"):
        response = bank.client().get(path)
        assert response.status_code in {401, 404}
    assert "We cannot find this page" in bank.client().get("/challenge/x").text


def test_a_challenges_address_cannot_be_guessed(bank: Caller) -> None:
    urls = {challenged(bank, reference=f"pay_{number}").url for number in range(5)}
    assert len(urls) == 5
    for url in urls:
        assert re.fullmatch(r"http://localhost/challenge/[A-Za-z0-9_-]{43}", url)


def test_the_pages_tell_shop_amount_and_card_and_nothing_that_could_be_used(bank: Caller) -> None:
    holder = challenged(bank, descriptor="Rosie's <Roses>", currency="jpy", amount_minor=4990)
    page = holder.open()
    assert "Rosie&#39;s &lt;Roses&gt;" in page
    assert "¥4,990" in page
    assert "Visa •••• 0045" in page
    assert OTP not in page
    assert "pay_1" not in page.replace(BACK, "")


def test_the_pages_keep_to_their_own_origin(bank: Caller) -> None:
    holder = challenged(bank)
    response = holder.client.get(holder.path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["Cache-Control"] == "no-store"
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    with bank.client().get("/assets/challenge.css") as style:
        assert style.status_code == 200
    assert bank.client().get("/assets/../config.py").status_code in {401, 404}


def test_the_callers_counter_is_closed_to_browsers(bank: Caller) -> None:
    holder = challenged(bank)
    assert holder.client.get("/v1/authorizations/pay_1").status_code == 401
    assert holder.client.get("/v1/authorizations/pay_1", headers=bearer()).status_code == 200
