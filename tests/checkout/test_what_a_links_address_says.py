"""What stands behind a payment link's address: Stripe's parameters, each dropped where it can't be used."""

from typing import Any

import pytest

from tests.checkout.test_payment_links import a_link, followed, path_of
from tests.support.buyer import Buyer, Till

JENNY = "jenny@example.com"
THANKS = "https://shop.example/thanks?id={CHECKOUT_SESSION_ID}#top"
REDIRECT = {"type": "redirect", "redirect": {"url": THANKS}}


def a_code(till: Till, code: str) -> None:
    coupon = till.post("/v1/coupons", {"percent_off": 20, "duration": "once"})["id"]
    till.post("/v1/promotion_codes", {"promotion": {"type": "coupon", "coupon": coupon}, "code": code})


def test_an_address_stands_on_the_page_and_may_be_changed(till: Till) -> None:
    session = followed(till, a_link(till), "?prefilled_email=jenny%40example.com")
    assert "prefilled_email" not in session
    assert (session["customer_email"], session["customer_details"]) == (None, None)
    buyer = Buyer(till.app, session)
    seen = buyer.open()
    assert seen.values["email"] == JENNY
    assert "readonly" not in next(given for tag, given in seen.tags if given.get("id") == "email")
    assert buyer.submit(email="asha@example.com").status == 200
    paid = till.get(f"/v1/checkout/sessions/{session['id']}")
    assert paid["customer_details"]["email"] == "asha@example.com"


def test_a_locked_address_counts_before_one_that_is_not_and_stays(till: Till) -> None:
    query = "?prefilled_email=asha@example.com&locked_prefilled_email=jenny@example.com"
    session = followed(till, a_link(till), query)
    buyer = Buyer(till.app, session)
    email = next(given for tag, given in buyer.open().tags if given.get("id") == "email")
    assert (email["value"], email.get("readonly")) == (JENNY, "")
    assert buyer.submit(email="asha@example.com").status == 200
    paid = till.get(f"/v1/checkout/sessions/{session['id']}")
    assert paid["customer_details"]["email"] == JENNY


def test_the_page_and_the_links_own_pages_speak_the_language_of_the_address(till: Till) -> None:
    link = a_link(till)
    session = followed(till, link, "?locale=de")
    assert session["locale"] == "de"
    assert 'lang="de' in Buyer(till.app, session, languages="en-IN").open().html
    till.post(f"/v1/payment_links/{link['id']}", {"active": False})
    closed = till.client.get(path_of(link, "?locale=ar"))
    assert 'lang="ar' in closed.get_data(as_text=True)


@pytest.mark.parametrize("typed", ["SPRING20", "spring20"])
def test_a_code_of_the_address_is_on_the_order_and_may_be_taken_off(till: Till, typed: str) -> None:
    a_code(till, "Spring20")
    link = a_link(till, allow_promotion_codes=True)
    session = followed(till, link, f"?prefilled_promo_code={typed}")
    assert (session["amount_subtotal"], session["amount_total"]) == (1000, 800)
    buyer = Buyer(till.app, session)
    token = buyer.open().values["csrf_token"]
    gone = {"csrf_token": token, "removePromotionCode": "yes"}
    assert buyer.client.post(f"{buyer.path}/order", data=gone, headers=buyer.headers).status_code == 303
    assert till.get(f"/v1/checkout/sessions/{session['id']}")["amount_total"] == 1000


def test_a_link_that_takes_no_codes_takes_none_by_its_address(till: Till) -> None:
    a_code(till, "AUTUMN")
    assert followed(till, a_link(till), "?prefilled_promo_code=AUTUMN")["amount_total"] == 1000


def test_the_shop_hears_of_the_campaign_that_the_customer_came_by(till: Till) -> None:
    link = a_link(till, after_completion=REDIRECT)
    session = followed(till, link, "?utm_source=marketo&utm_medium=earned_email&utm_term=a%20b&other=x")
    campaign = (
        f"https://shop.example/thanks?id={session['id']}&utm_source=marketo&utm_medium=earned_email#top"
    )
    assert Buyer(till.app, session).pay().refresh == campaign
    assert followed(till, link)["success_url"] == THANKS
    long = a_link(
        till, after_completion={"type": "redirect", "redirect": {"url": "https://x.example/" + "y" * 4950}}
    )
    assert "utm" not in followed(till, long, "?utm_source=" + "s" * 150)["success_url"]


@pytest.mark.parametrize(
    "query",
    [
        "?client_reference_id=a%20b", "?client_reference_id=" + "x" * 201, "?prefilled_email=jenny",
        "?locked_prefilled_email=%00@x", "?prefilled_email=4242424242424242@example.com", "?locale=xx",
        "?locale=", "?prefilled_promo_code=no-such", "?prefilled_promo_code=UNKNOWN",
        "?prefilled_promo_code=", "?utm_source=" + "x" * 151, "?utm_source=%0d%0aSet-Cookie:x",
        "?locale=de&locale=xx&unknown=%ff",
    ],
)  # fmt: skip
def test_what_can_not_be_used_is_dropped_and_the_page_works(till: Till, query: str) -> None:
    link = a_link(till, allow_promotion_codes=True, after_completion=REDIRECT)
    session = followed(till, link, query)
    kept: dict[str, Any] = {name: session[name] for name in ("client_reference_id", "customer_email")}
    assert kept == {"client_reference_id": None, "customer_email": None}
    assert (session["amount_total"], session["success_url"]) == (1000, THANKS)
    seen = Buyer(till.app, session).open()
    assert (seen.status, seen.values["email"]) == (200, "")


@pytest.mark.parametrize(
    "number", ["4242424242424242", "4242-4242-4242-4242", "order_5555555555554444", "x-378282246310005"]
)
def test_a_card_number_in_a_reference_is_kept_nowhere(till: Till, number: str) -> None:
    link = a_link(till, after_completion=REDIRECT)
    session = followed(till, link, f"?client_reference_id={number}&utm_term={number}&utm_source=post")
    assert session["client_reference_id"] is None
    assert session["success_url"] == THANKS.replace("#top", "&utm_source=post#top")
    (row,) = [
        row for row in till.get(f"/payment/audit?object={link['id']}")["data"]
        if row["action"] == "payment_link.opened"
    ]  # fmt: skip
    assert row["details"]["card_numbers_in"] == ["client_reference_id", "utm_term"]
    assert number not in str(row)


@pytest.mark.parametrize(
    "reference",
    [
        "4242424242424241",  # no card's check digit
        f"{20261128}00000019",  # a date and a count, whose check digit would do: no scheme owns it
        "a4242424242424242",  # part of a longer word
        "pi_3QKx4242424242424242",
        "42424242424242424242",
    ],
)
def test_an_order_number_is_no_card_number(till: Till, reference: str) -> None:
    session = followed(till, a_link(till), f"?client_reference_id={reference}")
    assert session["client_reference_id"] == reference
