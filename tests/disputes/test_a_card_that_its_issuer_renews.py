"""An issuer renews a card: the network's updater tells, and whoever keeps the card has its new month."""

import time
from typing import Any

import pytest
import stripe
import time_machine

from tests.disputes.support import Shop, UnreliableDesk, lost_answer, of_subject

CARD: Any = {"number": "4242424242424242", "exp_month": 1, "exp_year": 2030}
EVENT = "payment_method.automatically_updated"


def a_kept_card(shop: Shop) -> stripe.PaymentMethod:
    """A customer's card, by a payment of which the bank knows it."""
    customer = shop.sdk.v1.customers.create({}).id
    method = shop.sdk.v1.payment_methods.create({"type": "card", "card": CARD})
    return shop.sdk.v1.payment_methods.attach(method.id, {"customer": customer})


def paid_with(shop: Shop, method: stripe.PaymentMethod) -> str:
    """Pay with a kept card; returns the bank's reference of that."""
    given: Any = {"amount": 500, "currency": "usd", "customer": method.customer, "payment_method": method.id}
    return shop.authorization(shop.sdk.v1.payment_intents.create(given | {"confirm": True}))


def renew(shop: Shop, reference: str, name: str, month: int, year: int) -> None:
    told = {"reference": name, "authorization": reference, "exp_month": month, "exp_year": year}
    shop.call_the_bank("POST", "/v1/card_updates", told)


def month_of(shop: Shop, method: stripe.PaymentMethod) -> tuple[int, int]:
    card = shop.sdk.v1.payment_methods.retrieve(method.id).card
    assert card is not None
    return card.exp_month, card.exp_year


def test_what_is_kept_of_the_card_gets_its_new_month(shop: Shop) -> None:
    method, twin = a_kept_card(shop), a_kept_card(shop)
    loose = shop.sdk.v1.payment_methods.create({"type": "card", "card": CARD})
    other = shop.sdk.v1.customers.create({"source": "tok_mastercard"})
    source = shop.sdk.v1.customers.payment_sources.create(other.id, {"source": "tok_visa"})
    renew(shop, paid_with(shop, method), f"{method.id}_a", 9, 2041)
    shop.follow()
    assert [month_of(shop, row) for row in (method, twin, loose)] == [(9, 2041), (9, 2041), (1, 2030)]
    changed = shop.sdk.v1.customers.payment_sources.retrieve(other.id, source.id)
    assert isinstance(changed, stripe.Card)
    assert (changed.exp_month, changed.exp_year) == (9, 2041)
    assert shop.event_types("payment_method.auto") == [EVENT, EVENT]
    assert len(shop.event_types("customer.source.updated")) == 1
    told = shop.sdk.v1.events.list({"type": EVENT}).data[0].data
    assert told.previous_attributes is not None
    assert told.previous_attributes["card"]["exp_year"] == 2030
    assert paid_with(shop, method)
    shop.check_books()


def test_updates_out_of_order_doubled_or_lost_lead_to_the_same_month(
    shop: Shop, desk: UnreliableDesk
) -> None:
    method = a_kept_card(shop)
    reference = paid_with(shop, method)
    first, second = f"{method.id}_1", f"{method.id}_2"
    renew(shop, reference, first, 2, 2031)
    renew(shop, reference, first, 2, 2031)  # the same word again
    renew(shop, reference, second, 3, 2032)
    told = [*of_subject(shop.told(), second), *of_subject(shop.told(), first)]
    assert len(told) == 2
    for notice in [*told, *told]:
        assert shop.deliver(notice) == 200
    desk.expect(lost_answer)
    shop.drain()
    with time_machine.travel(time.time() + 60):
        shop.follow()
    assert month_of(shop, method) == (3, 2032)


def test_a_card_that_was_set_up_is_updated_and_anothers_is_not(shop: Shop) -> None:
    customer = shop.sdk.v1.customers.create({}).id
    given: Any = {"customer": customer, "payment_method": "pm_card_visa", "confirm": True}
    setup = shop.sdk.v1.setup_intents.create(given)
    different = shop.sdk.v1.payment_methods.attach("pm_card_mastercard", {"customer": customer})
    renew(shop, shop.authorization(setup), f"{setup.id}_a", 5, 2044)
    shop.follow()
    kept = shop.sdk.v1.payment_methods.retrieve(str(setup.payment_method))
    assert month_of(shop, kept) == (5, 2044)
    assert month_of(shop, different) != (5, 2044)


def test_the_bank_renews_only_a_card_that_it_knows(shop: Shop) -> None:
    with pytest.raises(AssertionError):
        renew(shop, "att_none", "upd_none", 5, 2044)
