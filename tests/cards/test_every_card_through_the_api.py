"""Each published test card, by its number and by its tokens, through the API."""

import pytest
import stripe

from tests.bank.test_every_test_card import RISK
from tests.cards.conftest import Shop
from tests.cards.published import CHALLENGED, KNOWN, MISTYPED, PAYING, REFUSED, Row, name, with_token


def test_no_row_of_the_table_is_left_out() -> None:
    assert len(KNOWN) + len(MISTYPED) == 66
    assert len(PAYING) + len(REFUSED) + len(CHALLENGED) == len(KNOWN)
    assert {row.number for row in PAYING}.isdisjoint(row.number for row in REFUSED)


def check_refusal(error: stripe.CardError, row: Row) -> None:
    assert error.http_status == 402
    assert error.code == row.code
    assert error.error is not None
    assert error.error.type == "card_error"
    assert error.error.decline_code == row.decline_code
    assert error.error.charge
    assert error.error.payment_intent is not None
    assert error.error.payment_intent.status == "requires_payment_method"
    assert error.error.payment_method is not None
    assert error.user_message
    params = {"expired_card": "exp_month", "incorrect_cvc": "cvc", "incorrect_number": "number"}
    assert error.param == params.get(str(row.code))


@pytest.mark.parametrize("row", PAYING, ids=name)
def test_a_good_number_pays(shop: Shop, row: Row) -> None:
    intent = shop.pay_typed(row)
    assert (intent.status, intent.amount_received) == ("succeeded", 2000)
    shop.check_that_it_was_paid(row)


@pytest.mark.parametrize("row", REFUSED, ids=name)
def test_a_refused_number_gives_its_codes_and_takes_nothing(shop: Shop, row: Row) -> None:
    with pytest.raises(stripe.CardError) as refused:
        shop.pay_typed(row)
    check_refusal(refused.value, row)
    shop.check_that_nothing_was_taken(row)


def confirm(shop: Shop, intent: stripe.PaymentIntent, row: Row) -> None:
    """The customer confirms, and the payment ends as the table says."""
    assert (intent.status, intent.amount_received) == ("requires_action", 0)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    shop.confirm_with_the_issuer(str(intent.next_action.redirect_to_url.url))
    if row.pays:
        assert shop.sdk.v1.payment_intents.retrieve(intent.id).status == "succeeded"
        shop.check_that_it_was_paid(row)
    else:
        shop.check_that_nothing_was_taken(row)


@pytest.mark.slow
@pytest.mark.parametrize("row", CHALLENGED, ids=name)
def test_a_number_that_has_to_be_confirmed_is_confirmed_first(shop: Shop, row: Row) -> None:
    confirm(shop, shop.pay_typed(row), row)


@pytest.mark.slow
@pytest.mark.parametrize("row", with_token(CHALLENGED), ids=name)
def test_a_token_that_has_to_be_confirmed_is_confirmed_first(shop: Shop, row: Row) -> None:
    confirm(shop, shop.pay(payment_method=f"pm_card_{row.token}"), row)


@pytest.mark.parametrize("row", with_token(CHALLENGED), ids=name)
def test_a_token_that_has_to_be_confirmed_is_declined_without_its_holder(shop: Shop, row: Row) -> None:
    method = f"pm_card_{row.token}"
    if row.token == "authenticationRequiredSetupForOffSession":
        assert shop.pay(payment_method=method, off_session=True).status == "succeeded"
        return
    with pytest.raises(stripe.CardError) as refused:
        shop.pay(payment_method=method, off_session=True)
    assert refused.value.code == "authentication_required"
    assert refused.value.error is not None
    assert refused.value.error.decline_code == "authentication_required"


@pytest.mark.parametrize("row", with_token(PAYING), ids=name)
def test_a_good_token_pays(shop: Shop, row: Row) -> None:
    assert shop.pay(payment_method=f"pm_card_{row.token}").status == "succeeded"
    shop.check_that_it_was_paid(row)


@pytest.mark.parametrize("row", with_token(PAYING), ids=name)
def test_a_token_stands_for_its_card_in_payment_method_data(shop: Shop, row: Row) -> None:
    shop.pay(payment_method_data={"type": "card", "card": {"token": f"tok_{row.token}"}})
    shop.check_that_it_was_paid(row)


@pytest.mark.parametrize("prefix", ["pm_card_", "tok_"])
@pytest.mark.parametrize("row", with_token(REFUSED), ids=name)
def test_a_refused_token_gives_the_codes_of_its_card(shop: Shop, row: Row, prefix: str) -> None:
    with pytest.raises(stripe.CardError) as refused:
        shop.pay(payment_method=f"{prefix}{row.token}")
    check_refusal(refused.value, row)
    shop.check_that_nothing_was_taken(row)


@pytest.mark.parametrize("row", MISTYPED, ids=name)
def test_a_mistyped_number_never_reaches_the_bank(shop: Shop, row: Row) -> None:
    with pytest.raises(stripe.CardError) as refused:
        shop.pay_typed(row)
    assert (refused.value.code, refused.value.param) == ("incorrect_number", "number")
    assert shop.sdk.v1.charges.list().data == []
    assert shop.sdk.v1.payment_intents.list().data == []
    assert shop.sdk.v1.payment_methods.list().data == []


@pytest.mark.parametrize("number", [number for number in RISK if not RISK[number][2]])
def test_a_risky_card_pays_and_tells_its_level_and_checks(shop: Shop, number: str) -> None:
    _, level, _, cvc, line1, postal_code = RISK[number]
    shop.pay_typed(next(row for row in KNOWN if row.number == number))
    charge = shop.charge()
    assert charge.outcome is not None
    assert (charge.outcome.type, charge.outcome.risk_level) == ("authorized", level)
    assert charge.outcome.network_status == "approved_by_network"
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    checks = charge.payment_method_details.card.checks
    assert checks is not None
    told = (checks.cvc_check, checks.address_line1_check, checks.address_postal_code_check)
    assert told == (cvc, line1, postal_code)


def test_a_blocked_card_never_reaches_the_network(shop: Shop) -> None:
    with pytest.raises(stripe.CardError):
        shop.pay(payment_method="pm_card_radarBlock")
    outcome = shop.charge().outcome
    assert outcome is not None
    assert (outcome.type, outcome.network_status) == ("blocked", "not_sent_to_network")
    assert (outcome.risk_level, outcome.reason) == ("highest", "highest_risk_level")


def test_a_declined_charge_says_why_in_its_outcome(shop: Shop) -> None:
    with pytest.raises(stripe.CardError):
        shop.pay(payment_method="pm_card_visa_chargeDeclinedStolenCard")
    outcome = shop.charge().outcome
    assert outcome is not None
    assert (outcome.type, outcome.network_status) == ("issuer_declined", "declined_by_network")
    assert outcome.reason == "stolen_card"
    assert outcome.network_decline_code is not None
    assert len(outcome.network_decline_code) == 2


@pytest.mark.parametrize("row", KNOWN, ids=name)
def test_what_can_be_attached_is_attached(shop: Shop, row: Row) -> None:
    customer = shop.sdk.v1.customers.create().id
    method = shop.create_method(row.fields())
    if row.behaviour != "declined":
        attached = shop.sdk.v1.payment_methods.attach(method.id, {"customer": customer})
        assert attached.customer == customer
        return
    with pytest.raises(stripe.CardError) as refused:
        shop.sdk.v1.payment_methods.attach(method.id, {"customer": customer})
    assert refused.value.code == row.code
    assert refused.value.error is not None
    assert refused.value.error.decline_code == row.decline_code
    assert shop.sdk.v1.payment_methods.list({"customer": customer}).data == []


def test_a_card_that_attaches_may_still_decline_every_charge(shop: Shop) -> None:
    customer = shop.sdk.v1.customers.create().id
    method = shop.sdk.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer})
    with pytest.raises(stripe.CardError) as refused:
        shop.pay(customer=customer, payment_method=method.id)
    assert refused.value.code == "card_declined"
    assert shop.sdk.v1.payment_methods.retrieve(method.id).customer == customer


def test_a_card_set_up_before_may_be_charged_without_its_holder(shop: Shop) -> None:
    customer = shop.sdk.v1.customers.create().id
    token = "pm_card_authenticationRequiredSetupForOffSession"
    method = shop.sdk.v1.payment_methods.attach(token, {"customer": customer})
    given = {"customer": customer, "payment_method": method.id}
    assert shop.pay(**given, off_session=True).status == "succeeded"
    assert shop.pay(**given).status == "requires_action"
