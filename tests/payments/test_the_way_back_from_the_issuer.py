"""A return from the issuer works once, for its own payment; anything else only shows the truth."""

import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe
import time_machine

from tests.payments.challenged import (
    CHALLENGED,
    DISTANT_SECONDS,
    challenged,
    come_back,
)
from tests.payments.conftest import Shop
from tests.support.cardholder import Cardholder
from tests.support.unreliable import Unreliable

pytestmark = pytest.mark.slow


def test_coming_back_again_changes_nothing(shop: Shop, line: Unreliable) -> None:
    intent, holder = challenged(shop)
    address = holder.enters_the_code()
    locations = {come_back(shop, address).headers["Location"] for _ in range(3)}
    assert len(locations) == 1
    assert line.asked.count(shop.attempts()[0].id) == 1
    assert shop.event_types().count("payment_intent.succeeded") == 1
    assert shop.intent(intent.id).amount_received == 2000
    shop.check_books()


def test_a_return_cannot_be_moved_to_another_payment(shop: Shop, line: Unreliable) -> None:
    mine, holder = challenged(shop)
    other, _ = challenged(shop)
    query = urlsplit(holder.enters_the_code()).query
    first, second = shop.attempts()
    moved = come_back(shop, f"/c/return/{second.id}?{query}")
    assert moved.status_code == 400
    assert "belongs to another payment" in moved.text
    assert "You have not been charged" in moved.text
    assert 'id="continue"' not in moved.text
    assert second.id not in line.asked
    assert [shop.intent(intent.id).status for intent in (mine, other)] == ["requires_action"] * 2
    assert come_back(shop, f"/c/return/{first.id}?{query}").status_code == 303


@pytest.mark.parametrize(
    "damage",
    [lambda _: "", lambda token: token[:-2], lambda _: "é" * 9, str.swapcase, lambda _: "x" * 9000],
    ids=["missing", "cut", "foreign", "changed", "long"],
)
def test_a_damaged_return_shows_the_truth_and_changes_nothing(
    shop: Shop, line: Unreliable, damage: Callable[[str], str]
) -> None:
    intent, holder = challenged(shop)
    address = urlsplit(holder.enters_the_code())
    (token,) = parse_qs(address.query)["token"]
    response = shop.house.test_client().get(address.path, query_string={"token": damage(token)})
    assert response.status_code == 400
    assert "Not confirmed yet" in response.text
    assert shop.attempts()[0].id not in line.asked
    assert shop.intent(intent.id).status == "requires_action"
    come_back(shop, holder.back)
    response = shop.house.test_client().get(address.path, query_string={"token": damage(token)})
    assert response.status_code == 400
    assert "Payment received" in response.text
    assert str(intent.client_secret) not in response.text


def test_an_old_return_shows_the_truth_and_the_way_on(shop: Shop) -> None:
    intent, holder = challenged(shop)
    address = holder.enters_the_code()
    with time_machine.travel(time.time() + DISTANT_SECONDS):
        response = come_back(shop, address)
    assert response.status_code == 400
    assert "too old" in response.text
    assert 'id="continue"' in response.text
    assert shop.intent(intent.id).status == "requires_action"


@pytest.mark.parametrize(
    "path", ["/c/return/att_x", "/c/return/x", "/c/return/att_%00", "/c/return/" + "a" * 900]
)
def test_a_return_to_no_payment_is_told_so(shop: Shop, path: str) -> None:
    response = come_back(shop, path)
    assert response.status_code == 404
    assert "cannot find this payment" in response.text


def test_a_customer_without_a_shop_to_return_to_reads_the_truth(shop: Shop) -> None:
    intent = shop.pay(payment_method=CHALLENGED)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.return_url is None
    response = come_back(shop, Cardholder(str(intent.next_action.redirect_to_url.url)).enters_the_code())
    assert response.status_code == 200
    assert "Payment received" in response.text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//shop", "https://", "https://a b", "x" * 400]
)
def test_a_return_url_has_to_be_one(shop: Shop, url: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.pay(payment_method=CHALLENGED, return_url=url)
    assert (refused.value.code, refused.value.param) == ("url_invalid", "return_url")


def test_an_app_may_be_returned_to(shop: Shop) -> None:
    intent = shop.pay(payment_method=CHALLENGED, return_url="florists-app://paid")
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    location = come_back(shop, Cardholder(str(intent.next_action.redirect_to_url.url)).cancels()).headers[
        "Location"
    ]
    assert location.startswith("florists-app://paid?payment_intent=pi_")
