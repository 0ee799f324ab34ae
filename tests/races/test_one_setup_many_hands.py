"""One setup intent, confirmed, canceled and chosen for by many callers at once: one card is kept, once."""

import pytest

from tests.races.conftest import CALLERS, Shop, at_once

pytestmark = pytest.mark.slow


def event_types(shop: Shop, intent_id: str) -> list[str]:
    events = shop.sdk.v1.events.list({"limit": 100}).data
    return [event.type for event in events if event.data.object["id"] == intent_id]


def test_many_confirmations_keep_one_card(shop: Shop) -> None:
    customer = shop.sdk.v1.customers.create({}).id
    intent = shop.sdk.v1.setup_intents.create({"customer": customer})
    outcomes = at_once(
        lambda _: shop.sdk.v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    )
    assert len(outcomes.won) == 1
    assert outcomes.codes() <= {"lock_timeout", "setup_intent_unexpected_state"}
    ended = shop.sdk.v1.setup_intents.retrieve(intent.id)
    assert ended.status == "succeeded"
    (kept,) = shop.sdk.v1.customers.payment_methods.list(customer).data
    assert kept.id == ended.payment_method
    assert event_types(shop, intent.id).count("setup_intent.succeeded") == 1
    assert len(shop.sdk.v1.setup_attempts.list({"setup_intent": intent.id}).data) == 1
    shop.check_books()


def test_a_card_of_nobody_is_kept_by_one_customer(shop: Shop) -> None:
    card = shop.sdk.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    customers = [shop.sdk.v1.customers.create({}).id for _ in range(4)]
    intents = [shop.sdk.v1.setup_intents.create({"customer": name}).id for name in customers]

    def act(number: int) -> str | None:
        confirmed = shop.sdk.v1.setup_intents.confirm(intents[number % 4], {"payment_method": card})
        return str(confirmed.customer)

    outcomes = at_once(act)
    method = shop.sdk.v1.payment_methods.retrieve(card)
    assert set(outcomes.won) == {method.customer}
    statuses = [shop.sdk.v1.setup_intents.retrieve(name).status for name in intents]
    assert statuses.count("succeeded") == 1
    shop.check_books()


def test_confirming_and_canceling_at_once_end_in_one_of_the_two(shop: Shop) -> None:
    intent = shop.sdk.v1.setup_intents.create({"payment_method": "pm_card_visa"})
    api = shop.sdk.v1.setup_intents
    outcomes = at_once(lambda number: (api.cancel if number % 2 else api.confirm)(intent.id).status)
    assert len(set(outcomes.won)) == 1
    assert api.retrieve(intent.id).status == outcomes.won[0]
    assert len(outcomes.won) + len(outcomes.lost) == CALLERS
    shop.check_books()
