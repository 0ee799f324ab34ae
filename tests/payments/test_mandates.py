"""Mandates of debits: made with the try, shown by charge and page, over once the payment is decided."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from sqlalchemy import select

from kit import database
from payments.charging.mandates import Mandate
from tests.payments.conftest import Shop
from tests.payments.without_a_card import (
    DAY_SECONDS,
    IBAN,
    REFUSED_IBAN,
    charge_of,
    debit,
    notice,
    pay_by,
    time_passes,
)

ACCEPTED: Any = {"type": "online", "online": {"ip_address": "192.0.2.1", "user_agent": "a browser"}}


def mandate_of(shop: Shop, intent: stripe.PaymentIntent) -> stripe.Mandate:
    details = charge_of(shop, intent.id).payment_method_details
    assert details is not None
    assert details.sepa_debit is not None
    return shop.sdk.v1.mandates.retrieve(str(details.sepa_debit.mandate))


def told(shop: Shop) -> list[str]:
    events = shop.sdk.v1.events.list({"type": "mandate.updated"}).data
    return [event.data.object["status"] for event in events]


def test_a_debit_has_its_mandate(shop: Shop) -> None:
    intent = debit(shop, IBAN, mandate_data={"customer_acceptance": ACCEPTED | {"accepted_at": 1590590577}})
    mandate = mandate_of(shop, intent)
    assert (mandate.status, mandate.type, mandate.payment_method) == (
        "active",
        "single_use",
        intent.payment_method,
    )
    assert mandate.single_use is not None
    assert (mandate.single_use.amount, mandate.single_use.currency) == (49900, "eur")
    acceptance = mandate.customer_acceptance
    assert (acceptance.type, acceptance.accepted_at, acceptance.offline) == ("online", 1590590577, None)
    assert acceptance.online is not None
    assert acceptance.online.to_dict() == ACCEPTED["online"]
    details = mandate.payment_method_details
    assert details.type == "sepa_debit"
    assert details.sepa_debit is not None
    assert 1 <= len(details.sepa_debit.reference) <= 35
    assert told(shop) == []


def test_a_mandate_has_a_page_for_its_customer(shop: Shop) -> None:
    details = mandate_of(shop, debit(shop, IBAN)).payment_method_details.sepa_debit
    assert details is not None
    client, path = shop.house.test_client(), urlsplit(details.url).path
    page = client.get(path, headers={"Accept-Language": "de"})
    assert (page.status_code, details.reference in page.text) == (200, True)
    assert "SEPA" in page.text
    assert "499,00" in page.text
    assert 'lang="de"' in page.text
    assert IBAN not in page.text
    assert [client.get(path + more).status_code for more in ("x", "'", "%00")] == [404] * 3


@pytest.mark.parametrize(("iban", "status"), [(IBAN, "succeeded"), (REFUSED_IBAN, "requires_payment_method")])
def test_a_mandate_ends_with_its_payment(shop: Shop, iban: str, status: str) -> None:
    intent = debit(shop, iban)
    mandate = mandate_of(shop, intent)
    time_passes(shop, 8 * DAY_SECONDS)
    notice(shop)
    assert shop.sdk.v1.payment_intents.retrieve(intent.id).status == status
    assert shop.sdk.v1.mandates.retrieve(mandate.id).status == "inactive"
    assert told(shop) == ["inactive"]


def test_debits_of_one_kept_account_have_a_mandate_each(shop: Shop) -> None:
    customer = shop.sdk.v1.customers.create({"email": "jenny@example.com"}).id
    first = debit(shop, IBAN, customer=customer, setup_future_usage="off_session")
    time_passes(shop, 8 * DAY_SECONDS)
    notice(shop)
    kept: Any = {"payment_method": str(shop.intent(first.id).payment_method), "customer": customer}
    common: Any = {"currency": "eur", "confirm": True, "allowed_payment_method_types": ["sepa_debit"]}

    earlier = shop.sdk.v1.payment_intents.create(kept | common | {"amount": 1100})
    time_passes(shop, 4 * DAY_SECONDS)
    later = shop.sdk.v1.payment_intents.create(kept | common | {"amount": 2200})
    given = [mandate_of(shop, intent) for intent in (earlier, later)]
    assert [mandate.single_use and mandate.single_use.amount for mandate in given] == [1100, 2200]

    def statuses() -> list[str]:
        return [shop.sdk.v1.mandates.retrieve(mandate.id).status for mandate in given]

    for days, told_then in ((3, ["inactive", "active"]), (4, ["inactive", "inactive"])):
        time_passes(shop, days * DAY_SECONDS)
        notice(shop)
        assert statuses() == told_then
    assert [shop.intent(intent.id).status for intent in (earlier, later)] == ["succeeded"] * 2


def test_without_mandate_data_a_server_answers_for_it_offline(shop: Shop) -> None:
    acceptance = mandate_of(shop, debit(shop, IBAN)).customer_acceptance
    assert (acceptance.type, acceptance.online) == ("offline", None)
    assert acceptance.accepted_at is not None


def test_other_methods_have_no_mandate(shop: Shop) -> None:
    card: Any = {"payment_method": "pm_card_visa", "mandate_data": {"customer_acceptance": ACCEPTED}}
    shop.pay(**card)
    pay_by(shop, "ideal")
    with shop.house.app_context():
        query = select(Mandate).where(Mandate.account_id == shop.account_id)
        assert database.db.session.scalars(query).all() == []


def test_a_mandate_serves_no_second_payment(shop: Shop) -> None:
    mandate = mandate_of(shop, debit(shop, IBAN))
    for named, code in ((mandate.id, None), ("mandate_none", "resource_missing")):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            debit(shop, IBAN, mandate=named)
        assert (caught.value.param, caught.value.code) == ("mandate", code)
    assert len(shop.sdk.v1.charges.list().data) == 1


def test_a_mandate_is_its_merchants_own(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.sdk.v1.mandates.retrieve("mandate_none")
    assert (caught.value.code, caught.value.http_status) == ("resource_missing", 404)
    found = shop.sdk.v1.mandates.retrieve(
        mandate_of(shop, debit(shop, IBAN)).id, {"expand": ["payment_method"]}
    )
    assert isinstance(found.payment_method, stripe.PaymentMethod)
