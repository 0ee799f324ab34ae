"""A session's state decides its page: to pay, paid, expired, unknown; each with the same safe headers."""

from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.support.buyer import SHOP, Buyer, Seen, Till, look
from tests.support.factories import create_merchant
from tests.support.hosted_page import INSUFFICIENT_FUNDS, TYPED


def is_safe(seen: Seen) -> None:
    headers = seen.response.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"].startswith("noindex")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "style=" not in seen.html
    assert "<style" not in seen.html
    assert all(given.get("src") for tag, given in seen.tags if tag == "script")
    assert all(not name.startswith("on") for _, given in seen.tags for name in given)
    sources = [given.get("src") or given.get("href") or "" for tag, given in seen.tags if tag != "a"]
    assert all(source.startswith("/static/") for source in sources if source)


def test_an_open_session_shows_the_order_and_takes_a_card(app: Flask, till: Till) -> None:
    seen = Buyer(app, till.open_session()).open()
    assert seen.status == 200
    assert set(TYPED) <= set(seen.values)
    for words in (
        "Rosie's Roses",
        "Test mode",
        "Marigold field guide",
        "₹299.00",
        "Qty 4",
        "₹499.00",
        "Pay ₹499.00",
    ):
        assert words in seen.text
    assert seen.links["cancel"] == f"{SHOP}/cart"
    assert seen.values["billingCountry"] == "IN"
    is_safe(seen)


def test_a_payment_is_answered_with_a_page_that_goes_on_to_the_shop(app: Flask, till: Till) -> None:
    session = till.open_session()
    seen = Buyer(app, session).pay()
    assert seen.status == 200
    assert seen.refresh == f"{SHOP}/thanks?session_id={session['id']}"
    assert seen.links["continue"] == seen.refresh
    assert "Payment received" in seen.text
    is_safe(seen)
    assert [charge["amount"] for charge in till.charges_of(session["id"])] == [49900]


def test_a_paid_session_says_so_and_waits_for_the_buyer_to_go_on(app: Flask, till: Till) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    buyer.pay()
    seen = buyer.open()
    assert seen.status == 200
    assert "This has already been paid" in seen.text
    assert seen.refresh is None
    assert not seen.takes_a_card
    is_safe(seen)


def test_paying_again_charges_nothing_and_goes_on_to_the_shop(app: Flask, till: Till) -> None:
    session = till.open_session()
    first, second = Buyer(app, session), Buyer(app, session)
    first.open()
    second.open()
    first.submit()
    seen = second.submit(cardNumber="5555555555554444")
    assert "This has already been paid" in seen.text
    assert seen.refresh == f"{SHOP}/thanks?session_id={session['id']}"
    assert len(till.charges_of(session["id"])) == 1


def test_an_expired_session_takes_no_card_any_more(app: Flask, till: Till) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    buyer.open()
    till.post(f"/v1/checkout/sessions/{session['id']}/expire")
    for seen in (buyer.submit(), buyer.open()):
        assert seen.status == 410
        assert "This payment page has expired" in seen.text
        assert not seen.takes_a_card
        is_safe(seen)
    assert till.charges_of(session["id"]) == []


@pytest.mark.parametrize(
    "address",
    ["cs_test_nothing", "cs_test_" + "a" * 5000, "%00", "%F0%9F%92%B8", "pi_123", "'%20OR%201=1--", "<b>"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_session_has_a_page_of_its_own(app: Flask, address: str, method: str) -> None:
    seen = look(app.test_client().open(f"/c/pay/{address}", method=method))
    assert seen.status == 404
    assert "We cannot find this payment page" in seen.text
    is_safe(seen)


def test_a_session_without_a_cancel_url_has_no_cancel_link(app: Flask, till: Till) -> None:
    seen = Buyer(app, till.open_session(cancel_url=None)).open()
    assert "cancel" not in seen.links


@pytest.mark.parametrize(
    ("submit_type", "says"),
    [("auto", "Pay ₹499.00"), ("pay", "Pay ₹499.00"), ("book", "Book"), ("donate", "Donate")],
)
def test_the_button_says_what_the_merchant_chose(app: Flask, till: Till, submit_type: str, says: str) -> None:
    seen = Buyer(app, till.open_session(submit_type=submit_type)).open()
    assert says in seen.text


@pytest.mark.parametrize(
    ("locale", "languages", "total"),
    [
        ("auto", "en-IN", "₹499.00"),
        ("auto", "fr-FR,fr;q=0.9", "499,00\u00a0₹"),
        ("de", "en-IN", "499,00\u00a0₹"),
    ],
)
def test_the_total_reads_as_the_locale_wants(
    app: Flask, till: Till, locale: str, languages: str, total: str
) -> None:
    seen = Buyer(app, till.open_session(locale=locale), languages=languages).open()
    assert total in seen.text


def test_the_merchants_words_are_never_markup(app: Flask, till: Till) -> None:
    name = '<script>alert(1)</script>" onload="x'
    price_data = {"currency": "usd", "unit_amount": 500, "product_data": {"name": name}}
    session = till.open_session(
        line_items=[{"quantity": 1, "price_data": price_data}], cancel_url=f'{SHOP}/?a="><script>b</script>'
    )
    seen = Buyer(app, session).open()
    assert name in seen.text
    assert sum(tag == "script" for tag, _ in seen.tags) == 1
    is_safe(seen)


def test_a_declined_buyer_may_try_again(app: Flask, till: Till) -> None:
    session = till.open_session()
    buyer = Buyer(app, session)
    seen = buyer.pay(cardNumber=INSUFFICIENT_FUNDS)
    assert seen.status == 402
    assert "Your card has insufficient funds." in seen.text
    assert "No money has been taken." in seen.text
    assert seen.values | {"csrf_token": ""} == TYPED | {
        "cardNumber": INSUFFICIENT_FUNDS,
        "cardCvc": "",
        "csrf_token": "",
        "paymentMethod": "card",
    }
    is_safe(seen)
    assert buyer.submit().refresh
    assert [charge["status"] for charge in till.charges_of(session["id"])].count("succeeded") == 1


def test_the_customers_address_that_the_merchant_gave_cannot_be_changed(app: Flask, till: Till) -> None:
    session = till.open_session(customer_email="known@example.com")
    buyer = Buyer(app, session)
    assert buyer.open().values["email"] == "known@example.com"
    buyer.submit(email="other@example.com")
    assert (
        till.get(f"/v1/checkout/sessions/{session['id']}")["customer_details"]["email"] == "known@example.com"
    )


def test_an_expired_order_can_be_opened_anew_where_the_merchant_wants_that(app: Flask, till: Till) -> None:
    session = till.open_session(after_expiration={"recovery": {"enabled": True}}, metadata={"order": "7"})
    till.post(f"/v1/checkout/sessions/{session['id']}/expire")
    buyer = Buyer(app, session)
    path = urlsplit(buyer.open().links["recover"]).path
    first, again = (buyer.client.get(path).headers["Location"] for _ in range(2))
    assert first == again
    successor = till.get(f"/v1/checkout/sessions/{first.rpartition('/')[2]}")
    assert successor["recovered_from"] == session["id"]
    assert (successor["amount_total"], successor["metadata"]) == (49900, {"order": "7"})
    assert Buyer(app, successor).pay().refresh
    assert Buyer(app, session).open().status == 410


def test_an_order_can_be_opened_anew_after_a_try_that_made_a_customer(app: Flask, till: Till) -> None:
    session = till.open_session(
        after_expiration={"recovery": {"enabled": True}},
        customer_creation="always",
        customer_email="rosie@example.com",
    )
    buyer = Buyer(app, session)
    buyer.pay(cardNumber=INSUFFICIENT_FUNDS)
    till.post(f"/v1/checkout/sessions/{session['id']}/expire")
    address = buyer.client.get(f"/c/recover/{session['id']}").headers["Location"]
    successor = till.get(f"/v1/checkout/sessions/{address.rpartition('/')[2]}")
    assert successor["recovered_from"] == session["id"]
    assert Buyer(app, successor).pay().refresh


def test_a_session_that_may_not_be_recovered_keeps_its_page(app: Flask, till: Till) -> None:
    for session in (till.open_session(), till.open_session(after_expiration={"recovery": {"enabled": True}})):
        buyer = Buyer(app, session)
        answer = buyer.client.get(f"/c/recover/{session['id']}")
        assert answer.headers["Location"] == buyer.path
    assert look(app.test_client().get("/c/recover/cs_test_nothing")).status == 404


def test_a_known_customer_does_not_type_the_address_again(app: Flask, till: Till) -> None:
    customer = till.post("/v1/customers", {"email": "asha@known.example"})
    session = till.open_session(customer=customer["id"])
    buyer = Buyer(app, session)
    assert buyer.open().values["email"] == "asha@known.example"
    assert buyer.submit(email="").refresh
    assert till.charges_of(session["id"])[0]["customer"] == customer["id"]


def test_a_live_session_has_no_test_badge_and_no_test_cards(app: Flask) -> None:
    _, secret_key = create_merchant(app, livemode=True)
    seen = Buyer(app, Till(app, secret_key).open_session()).open()
    assert "Pay ₹499.00" in seen.text
    assert "Test mode" not in seen.text
