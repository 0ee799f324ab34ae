"""Paying without a card, through the API: every method's good, bad, late and abandoned ending."""

from typing import Any

import pytest
import requests
import stripe
from sqlalchemy import select

from kit import database
from payments.audit import AuditRow
from tests.payments.conftest import Shop
from tests.payments.without_a_card import (
    BILLING,
    DAY_SECONDS,
    IBAN,
    REFUSED_IBAN,
    SHOP,
    at_the_bank,
    charge_of,
    debit,
    notice,
    pay_by,
    time_passes,
)
from tests.support.payer import STEPS
from tests.support.sdk_shapes import strays

pytestmark = pytest.mark.slow


def has_the_keys_of_the_sdk(shop: Shop, intent_id: str) -> None:
    """Intent, charge, payment method and refund have every key of their classes, and none besides."""
    headers = {"Authorization": f"Bearer {shop.secret_key}"}

    def read(path: str) -> dict[str, Any]:
        answer: Any = shop.house.test_client().get(path, headers=headers).json
        assert isinstance(answer, dict)
        return answer

    intent = read(f"/v1/payment_intents/{intent_id}")
    assert not list(strays(intent, stripe.PaymentIntent))
    assert not list(strays(read(f"/v1/charges/{intent['latest_charge']}"), stripe.Charge))
    assert not list(strays(read(f"/v1/payment_methods/{intent['payment_method']}"), stripe.PaymentMethod))
    for refund in read(f"/v1/refunds?payment_intent={intent_id}")["data"]:
        assert not list(strays(refund, stripe.Refund))


@pytest.mark.parametrize("method", list(STEPS))
def test_a_customer_who_approves_has_paid(shop: Shop, method: str) -> None:
    intent = pay_by(shop, method)
    payer = at_the_bank(intent)
    payer.goes(method, "good")
    time_passes(shop, 2)
    assert shop.house.test_client().get(payer.back).headers["Location"].startswith(SHOP)
    paid = shop.intent(intent.id)
    assert (paid.status, paid.amount_received, paid.next_action) == ("succeeded", 49900, None)
    charge = charge_of(shop, intent.id)
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.type == method
    assert method in charge.payment_method_details
    assert shop.event_types() == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    notice(shop)
    refund = shop.sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 9900})
    assert refund.status == "succeeded"
    assert refund.destination_details is not None
    assert refund.destination_details.type == method
    has_the_keys_of_the_sdk(shop, intent.id)
    shop.check_books()


@pytest.mark.parametrize("method", list(STEPS))
def test_a_customer_who_does_not_approve_has_not_paid(shop: Shop, method: str) -> None:
    intent = pay_by(shop, method)
    payer = at_the_bank(intent)
    payer.goes(method, "bad")
    time_passes(shop, 2)
    notice(shop)
    failed = shop.intent(intent.id)
    assert (failed.status, failed.next_action) == ("requires_payment_method", None)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.type == "invalid_request_error"
    assert failed.last_payment_error.code in (
        "payment_method_customer_decline",
        "payment_method_provider_decline",
        "insufficient_funds",
    )
    assert failed.last_payment_error.message
    assert shop.event_types()[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    shop.check_books()


@pytest.mark.parametrize("method", list(STEPS))
def test_what_is_decided_later_is_processing_until_then(shop: Shop, method: str) -> None:
    intent = pay_by(shop, method)
    payer = at_the_bank(intent)
    payer.goes(method, "pending")
    notice(shop)
    assert shop.intent(intent.id).status == "processing"
    assert charge_of(shop, intent.id).status == "pending"
    if method == "upi":
        payer.on_the_phone("approve")
    else:
        time_passes(shop, 25 * 3600)
    notice(shop)
    assert shop.intent(intent.id).status == "succeeded"
    assert charge_of(shop, intent.id).status == "succeeded"
    assert shop.event_types() == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.pending",
        "payment_intent.processing",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    assert len(shop.sdk.v1.charges.list().data) == 1
    shop.check_books()


@pytest.mark.parametrize("method", list(STEPS))
def test_what_the_customer_abandons_fails_when_the_bank_gives_up(shop: Shop, method: str) -> None:
    intent = pay_by(shop, method)
    time_passes(shop, 2 * 3600)
    notice(shop)
    failed = shop.intent(intent.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "payment_intent_payment_attempt_expired"
    shop.check_books()


def test_a_debit_is_processing_until_days_have_passed(shop: Shop) -> None:
    good, bad = debit(shop, IBAN), debit(shop, REFUSED_IBAN)
    assert (good.status, bad.status) == ("processing", "processing")
    time_passes(shop, 4 * DAY_SECONDS)
    notice(shop)
    assert shop.intent(good.id).status == "processing"
    time_passes(shop, 2 * DAY_SECONDS)
    notice(shop)
    assert shop.intent(good.id).status == "succeeded"
    failed = shop.intent(bad.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "debit_not_authorized"
    charge = charge_of(shop, good.id)
    assert charge.payment_method_details is not None
    shown = charge.payment_method_details.sepa_debit
    assert shown is not None
    assert (shown.last4, shown.country, shown.bank_code) == ("3000", "DE", "37040044")
    assert shown.expected_debit_date
    assert sorted(shop.event_types()) == sorted(
        ["payment_intent.created", "charge.pending", "payment_intent.processing"] * 2
        + ["charge.succeeded", "payment_intent.succeeded", "charge.failed", "payment_intent.payment_failed"]
        + ["mandate.updated"] * 2
    )
    has_the_keys_of_the_sdk(shop, good.id)
    shop.check_books()


def test_an_account_number_is_kept_nowhere_in_clear(shop: Shop) -> None:
    method = shop.sdk.v1.payment_methods.create(
        {"type": "sepa_debit", "sepa_debit": {"iban": IBAN}, "billing_details": BILLING}  # type: ignore[arg-type]
    )
    assert method.sepa_debit is not None
    assert (method.sepa_debit.last4, method.sepa_debit.country) == ("3000", "DE")
    intent = shop.pay(currency="eur", payment_method=method.id)
    assert intent.status == "processing"
    with shop.house.app_context():
        tables = database.db.metadata.sorted_tables
        for table in tables:
            for row in database.db.session.execute(table.select()):
                assert IBAN not in repr(row)


def test_how_a_mandate_was_accepted_is_in_the_audit_trail(shop: Shop) -> None:
    accepted = {"type": "online", "online": {"ip_address": "192.0.2.1", "user_agent": "a browser"}}
    intent = debit(shop, IBAN, mandate_data={"customer_acceptance": accepted})
    assert intent.status == "processing"
    with shop.house.app_context():
        query = select(AuditRow).where(
            AuditRow.object_id == intent.id, AuditRow.action == "payment_intent.mandate_accepted"
        )
        (row,) = database.db.session.scalars(query).all()
        assert "192.0.2.1" in repr(vars(row))


def test_upi_tells_its_code_as_stripe_does(shop: Shop) -> None:
    intent = pay_by(shop, "upi")
    action = intent.next_action
    assert action is not None
    assert action.type == "upi_handle_redirect_or_display_qr_code"
    upi = action.upi_handle_redirect_or_display_qr_code
    assert upi is not None
    assert requests.get(upi.qr_code.image_url_png, timeout=20).content.startswith(b"\x89PNG")
    assert "UPI" in requests.get(upi.hosted_instructions_url, timeout=20).text


def test_a_vpa_that_is_known_already_is_asked_at_once(shop: Shop) -> None:
    intent = pay_by(shop, "upi", data={"upi": {"vpa": "success@upi"}})
    assert intent.status == "requires_action"
    time_passes(shop, 2)
    notice(shop)
    assert shop.intent(intent.id).status == "succeeded"
    details = charge_of(shop, intent.id).payment_method_details
    assert details is not None
    assert details.upi is not None
    assert details.upi.vpa == "success@upi"


def test_a_wallets_money_may_be_held_and_captured_later(shop: Shop) -> None:
    intent = pay_by(shop, "amazon_pay", capture_method="manual")
    payer = at_the_bank(intent)
    payer.goes("amazon_pay", "good")
    notice(shop)
    assert shop.intent(intent.id).status == "requires_capture"
    shop.sdk.v1.payment_intents.capture(intent.id, {"amount_to_capture": 40000})
    assert charge_of(shop, intent.id).amount_captured == 40000
    shop.check_books()


def test_a_payment_that_is_canceled_can_not_be_approved_any_more(shop: Shop) -> None:
    intent = pay_by(shop, "ideal")
    payer = at_the_bank(intent)
    payer.send(bank="rabobank")
    assert shop.sdk.v1.payment_intents.cancel(intent.id).status == "canceled"
    payer.send(customer="4711", password="secret")
    payer.send(account="current", do="approve")
    assert "Withdrawn" in payer.page
    notice(shop)
    assert shop.intent(intent.id).status == "canceled"
    shop.check_books()


def test_two_windows_at_the_bank_pay_once(shop: Shop) -> None:
    intent = pay_by(shop, "amazon_pay")
    windows = [at_the_bank(intent), at_the_bank(intent)]
    for window in windows:
        window.goes("amazon_pay", "good")
        shop.house.test_client().get(window.back)
    notice(shop)
    assert shop.event_types().count("payment_intent.succeeded") == 1
    assert charge_of(shop, intent.id).amount_captured == 49900
    shop.check_books()
