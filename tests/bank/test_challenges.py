"""3-D Secure at the bank: every kind of challenge, every way that it can end, and who has the last word."""

import re
import threading
from typing import Any

import pytest
from sqlalchemy import select

from bank_simulator.issuer import Limits
from bank_simulator.notices import notices
from tests.bank.challenged import (
    BACK,
    KINDS,
    MULTI_SELECT,
    OTP,
    OUT_OF_BAND,
    RIGHT,
    SINGLE_SELECT,
    WRONG,
    Holder,
    challenged,
    way_back,
)
from tests.bank.support import GOOD_CARD, Caller, assert_the_books_agree, bearer

FULL_BALANCE = Limits().balance_minor
OPEN_SECONDS = 600


def advance(bank: Caller, seconds: int) -> None:
    assert bank.post("/v1/clock", {"advance_seconds": seconds}).status_code == 200


def completions(bank: Caller) -> list[dict[str, Any]]:
    entries = bank.get("/v1/journal").get_json()["data"]
    return [entry for entry in entries if entry["kind"] == "completion"]


def assert_nothing_was_taken(bank: Caller) -> None:
    answer = bank.show("pay_1")
    assert (answer["captured_minor"], answer["authorization_code"]) == (0, None)
    assert_the_books_agree(bank.storage, FULL_BALANCE)


@pytest.mark.parametrize(("number", "kind"), KINDS.items())
def test_the_right_answer_completes_the_payment(either_bank: Caller, number: str, kind: str) -> None:
    holder = challenged(either_bank, number)
    assert either_bank.show("pay_1")["captured_minor"] == 0
    response = holder.answer(**RIGHT[kind])
    assert (response.status_code, response.headers["Location"]) == (303, f"{holder.path}?done=")
    page = holder.open("?done=")
    assert 'data-state="passed"' in page
    assert way_back(page) == {"reference": "pay_1", "outcome": "passed"}
    answer = either_bank.show("pay_1")
    assert (answer["outcome"], answer["captured_minor"], answer["challenge_url"]) == ("approved", 2000, None)
    assert len(answer["authorization_code"]) == 6
    told = answer["three_d_secure"]
    assert (told["result"], told["authentication_flow"]) == ("authenticated", "challenge")
    assert (told["electronic_commerce_indicator"], told["version"]) == ("05", "2.2.0")
    (entry,) = completions(either_bank)
    assert (entry["reference"], entry["authorization"]) == ("pay_1_completion", "pay_1")
    assert (entry["outcome"], entry["amount_minor"]) == ("approved", 2000)
    assert either_bank.account() == (FULL_BALANCE - 2000, 0)
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)


@pytest.mark.parametrize("number", [OTP, SINGLE_SELECT, MULTI_SELECT])
def test_the_third_wrong_answer_fails_the_payment(either_bank: Caller, number: str) -> None:
    holder, wrong = challenged(either_bank, number), WRONG[KINDS[number]]
    for left in ("2 tries", "1 try"):
        response = holder.answer(**wrong)
        assert response.status_code == 422
        assert f"You have {left} left." in response.text
        assert either_bank.show("pay_1")["outcome"] == "challenge_required"
    assert holder.answer(**wrong).status_code == 303
    page = holder.open("?done=")
    assert 'data-state="rejected"' in page
    assert way_back(page)["outcome"] == "rejected"
    answer = either_bank.show("pay_1")
    assert answer["outcome"] == "declined"
    assert answer["decline"] == {
        "code": "authentication_failed", "decline_code": None, "network_decline_code": None,
        "advice_code": None,
    }  # fmt: skip
    assert (answer["three_d_secure"]["result"], answer["three_d_secure"]["result_reason"]) == (
        "failed",
        "rejected",
    )
    assert_nothing_was_taken(either_bank)


def test_a_wrong_answer_may_be_followed_by_the_right_one(bank: Caller) -> None:
    holder = challenged(bank)
    holder.answer(code="111111")
    assert holder.answer(code=" 424 242 ").status_code == 303
    assert bank.show("pay_1")["outcome"] == "approved"


def test_the_banking_app_may_refuse(bank: Caller) -> None:
    challenged(bank, OUT_OF_BAND).answer(refuse="yes")
    assert bank.show("pay_1")["three_d_secure"]["result_reason"] == "rejected"
    assert_nothing_was_taken(bank)


def test_pressing_nothing_at_the_banking_app_changes_nothing(bank: Caller) -> None:
    assert challenged(bank, OUT_OF_BAND).answer().status_code == 422
    assert bank.show("pay_1")["outcome"] == "challenge_required"


@pytest.mark.parametrize("number", KINDS)
def test_its_holder_may_cancel_every_kind(bank: Caller, number: str) -> None:
    holder = challenged(bank, number)
    assert holder.answer(cancel="yes").status_code == 303
    assert 'data-state="canceled"' in holder.open()
    assert bank.show("pay_1")["three_d_secure"]["result_reason"] == "canceled"
    assert_nothing_was_taken(bank)


def test_an_abandoned_challenge_times_out_by_the_schedule(either_bank: Caller) -> None:
    holder = challenged(either_bank)
    holder.open()
    advance(either_bank, OPEN_SECONDS - 1)
    assert either_bank.show("pay_1")["outcome"] == "challenge_required"
    advance(either_bank, 1)
    assert either_bank.show("pay_1")["three_d_secure"]["result_reason"] == "abandoned"
    assert holder.send(code="424242").status_code == 303
    assert 'data-state="timed_out"' in holder.open()
    assert_nothing_was_taken(either_bank)


def test_an_answer_that_comes_too_late_is_too_late_before_the_schedule_says_so(bank: Caller) -> None:
    holder = challenged(bank)
    holder.open()
    bank.now += OPEN_SECONDS  # the clock moves, and nothing due has run yet
    assert 'data-state="timed_out"' in holder.open()
    assert holder.send(code="424242").status_code == 303
    assert bank.show("pay_1")["outcome"] == "declined"


def test_the_issuer_looks_at_the_account_when_the_challenge_is_passed(bank: Caller) -> None:
    everything = FULL_BALANCE - 1000
    holder = challenged(bank)
    for number in range(2):  # two payments are the most that one may be
        bank.authorize(f"other_{number}", OTP, set_up_by=None, return_url=BACK, amount_minor=everything // 2)
        bank_holder = Holder(bank, bank.show(f"other_{number}")["challenge_url"])
        assert bank_holder.answer(code="424242").status_code == 303
        assert bank.show(f"other_{number}")["outcome"] == "approved"
    assert holder.answer(code="424242").status_code == 303
    answer = bank.show("pay_1")
    assert (answer["outcome"], answer["decline"]["decline_code"]) == ("declined", "insufficient_funds")
    assert answer["three_d_secure"]["result"] == "authenticated"


def test_what_is_captured_later_is_held_once_the_challenge_is_passed(either_bank: Caller) -> None:
    holder = challenged(either_bank, capture=False)
    holder.answer(code="424242")
    assert either_bank.account() == (FULL_BALANCE, 2000)
    assert either_bank.capture("pay_1", "cap_1", 2000)["outcome"] == "approved"
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)


def test_nothing_can_be_captured_before_the_challenge_is_passed(bank: Caller) -> None:
    challenged(bank, capture=False)
    assert bank.capture("pay_1", "cap_1", 2000)["outcome"] == "declined"


@pytest.mark.parametrize(
    "said", [("4000008260003178", "insufficient_funds"), ("4000008400001629", "generic_decline")]
)
def test_some_cards_pass_the_challenge_and_are_declined_all_the_same(
    bank: Caller, said: tuple[str, str]
) -> None:
    number, decline_code = said
    challenged(bank, number).answer(code="424242")
    answer = bank.show("pay_1")
    assert (answer["outcome"], answer["decline"]["decline_code"]) == ("declined", decline_code)
    assert answer["decline"]["code"] == "card_declined"
    assert_nothing_was_taken(bank)


def test_a_lookup_that_fails_declines_what_must_be_authenticated(bank: Caller) -> None:
    answer = bank.authorize("pay_1", "4000008400001280", return_url=BACK)
    assert (answer["outcome"], answer["decline"]["code"]) == ("declined", "card_declined")
    assert answer["decline"]["decline_code"] == "processing_error"
    assert answer["three_d_secure"]["result"] == "processing_error"


def test_a_lookup_that_fails_does_not_stop_what_need_not_be_authenticated(bank: Caller) -> None:
    plain = bank.authorize("pay_1", "4000000000003097", return_url=BACK)
    asked = bank.authorize("pay_2", "4000000000003097", return_url=BACK, three_d_secure="any")
    assert (plain["outcome"], plain["three_d_secure"]) == ("approved", None)
    assert (asked["outcome"], asked["three_d_secure"]["result"]) == ("approved", "processing_error")


def test_an_issuer_may_know_its_customer_without_asking(bank: Caller) -> None:
    told = bank.authorize("pay_1", "4000000032200000", return_url=BACK)["three_d_secure"]
    assert (told["result"], told["authentication_flow"]) == ("authenticated", "frictionless")


@pytest.mark.parametrize(
    ("number", "result", "indicator"),
    [
        (GOOD_CARD, "attempt_acknowledged", "06"),
        ("5555555555554444", "attempt_acknowledged", "01"),
        ("378282246310005", "not_supported", None),
        ("6200000000000005", "not_supported", None),
    ],
)
def test_a_card_that_is_not_enrolled_is_attempted_only_where_that_is_asked_for(
    bank: Caller, number: str, result: str, indicator: str | None
) -> None:
    assert bank.authorize("pay_1", number, return_url=BACK)["three_d_secure"] is None
    answer = bank.authorize("pay_2", number, return_url=BACK, three_d_secure="any")
    told = answer["three_d_secure"]
    assert (answer["outcome"], told["result"]) == ("approved", result)
    assert (told["electronic_commerce_indicator"], told["authentication_flow"]) == (indicator, None)


@pytest.mark.parametrize("wish", ["any", "challenge"])
def test_a_card_that_may_be_challenged_is_challenged_where_that_is_asked_for(bank: Caller, wish: str) -> None:
    number = "4000000000003055"
    assert bank.authorize("pay_0", number, return_url=BACK)["outcome"] == "approved"
    challenged(bank, number, three_d_secure=wish)


def test_a_card_is_not_challenged_again_once_it_was_set_up(bank: Caller) -> None:
    number = "4000002500003155"
    challenged(bank, number, sets_up=True).answer(code="424242")
    kept_by = bank.show("pay_1")["network_transaction_id"]
    for initiator in ("customer", "merchant"):
        later = bank.authorize(f"later_{initiator}", number, set_up_by=kept_by, initiator=initiator)
        assert later["outcome"] == "approved"
    assert bank.authorize("cold", number, initiator="merchant")["outcome"] == "declined"
    other = bank.authorize("other", "4000002760003184", set_up_by=kept_by, initiator="merchant")
    assert other["outcome"] == "declined"
    challenged(bank, number, "again")


def test_a_payment_that_kept_no_card_sets_none_up(bank: Caller) -> None:
    number = "4000002500003155"
    challenged(bank, number).answer(code="424242")
    kept_by = bank.show("pay_1")["network_transaction_id"]
    refused = bank.authorize("later", number, set_up_by=kept_by, initiator="merchant")
    assert refused["decline"]["code"] == "authentication_required"


def test_a_bad_card_is_declined_before_anyone_is_challenged(bank: Caller) -> None:
    refused = bank.authorize("pay_1", OTP, return_url=BACK, exp_year=2020)
    assert (refused["outcome"], refused["decline"]["code"]) == ("declined", "expired_card")


def test_the_same_request_gets_the_same_challenge(bank: Caller) -> None:
    holder = challenged(bank)
    assert challenged(bank).url == holder.url
    holder.answer(code="424242")
    assert bank.authorize("pay_1", OTP, return_url=BACK)["outcome"] == "challenge_required"
    assert bank.show("pay_1")["outcome"] == "approved"


def test_a_void_takes_an_open_challenge_back_for_good(either_bank: Caller) -> None:
    holder = challenged(either_bank)
    holder.open()
    assert either_bank.void("pay_1", "void_1")["outcome"] == "voided"
    assert holder.send(code="424242").status_code == 303
    assert 'data-state="withdrawn"' in holder.open("?done=")
    advance(either_bank, OPEN_SECONDS)
    assert either_bank.show("pay_1")["outcome"] == "voided"
    assert_nothing_was_taken(either_bank)


def test_a_void_after_the_challenge_was_passed_is_refused(bank: Caller) -> None:
    challenged(bank).answer(code="424242")
    refused = bank.void("pay_1", "void_1")
    assert (refused["outcome"], refused["reason"]) == ("declined", "already_captured")


def test_a_challenge_that_was_voided_before_it_came_is_declined(bank: Caller) -> None:
    assert bank.void("pay_1", "void_1")["tombstone"] is True
    answer = bank.authorize("pay_1", OTP, return_url=BACK)
    assert (answer["outcome"], answer["challenge_url"]) == ("declined", None)


def test_two_windows_pass_a_challenge_once(either_bank: Caller) -> None:
    url = challenged(either_bank).url
    windows = [Holder(either_bank, url) for _ in range(6)]
    for window in windows:
        window.open()
    start, statuses = threading.Barrier(len(windows)), []

    def press(window: Holder) -> None:
        start.wait(30)
        statuses.append(window.send(code="424242").status_code)

    threads = [threading.Thread(target=press, args=(window,)) for window in windows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert statuses == [303] * len(windows)
    assert len(completions(either_bank)) == 1
    assert either_bank.account() == (FULL_BALANCE - 2000, 0)
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)


def test_many_holders_answer_at_once_each_for_themselves(either_bank: Caller) -> None:
    """Their answers share a transaction, which one of their threads carries out for all."""
    holders = [challenged(either_bank, number, f"pay_{at}") for at, number in enumerate([*KINDS] * 3)]
    for holder in holders:
        holder.open()
    start = threading.Barrier(len(holders))
    statuses = []

    def press(holder: Holder, kind: str) -> None:
        start.wait(30)
        statuses.append(holder.send(**RIGHT[kind]).status_code)

    kinds = [*KINDS.values()] * 3
    threads = [threading.Thread(target=press, args=pair) for pair in zip(holders, kinds, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert statuses == [303] * len(holders)
    assert {either_bank.show(f"pay_{at}")["outcome"] for at in range(len(holders))} == {"approved"}


def test_a_pass_a_void_and_the_schedule_at_once_leave_one_truth(either_bank: Caller) -> None:
    for number in range(6):
        holder = challenged(either_bank, reference=f"pay_{number}")
        holder.open()
        either_bank.now += OPEN_SECONDS - 1 - number
        start = threading.Barrier(3)

        def at_once(*acts: Any, start: threading.Barrier = start) -> None:
            def run(act: Any) -> None:
                start.wait(30)
                act()

            threads = [threading.Thread(target=run, args=(act,)) for act in acts]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)

        at_once(
            lambda holder=holder: holder.send(code="424242"),
            lambda number=number: either_bank.void(f"pay_{number}", f"void_{number}"),
            either_bank.bank.clockwork.run_due,
        )
        answer = either_bank.show(f"pay_{number}")
        assert answer["outcome"] in {"approved", "voided"}
        assert answer["captured_minor"] == (2000 if answer["outcome"] == "approved" else 0)
    assert_the_books_agree(either_bank.storage, FULL_BALANCE)


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


def test_a_notice_tells_of_each_end(bank: Caller) -> None:
    challenged(bank).answer(code="424242")
    rows = bank.storage.read(lambda tx: tx.execute(select(notices.c.kind, notices.c.subject)).all())
    assert [tuple(row) for row in rows] == [("authorization.updated", "pay_1")]


def test_a_challenge_needs_a_way_back(bank: Caller) -> None:
    assert bank.authorize("pay_1", OTP)["decline"]["code"] == "authentication_required"
    for url in ("javascript:alert(1)", "ftp://x", "https://x/ y"):
        body = {"reference": "pay_2", "return_url": url}
        assert bank.post("/v1/authorizations", body).status_code == 400
