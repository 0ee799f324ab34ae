"""Confirmation tokens: made by a test helper, looked at, used once to confirm a payment or a setup."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe
from flask import Flask

from kit import clock
from payments.charging.confirmation_tokens import LIFE_SECONDS
from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client

INTENT: Any = {"amount": 2000, "currency": "eur", "allowed_payment_method_types": ["card"]}
ADDRESS = {"line1": "Rose Street 1", "city": "Berlin", "country": "DE", "postal_code": "10115"}
SHIPPING: Any = {"name": "Jenny Rosen", "address": ADDRESS}
IBAN: Any = {
    "type": "sepa_debit",
    "sepa_debit": {"iban": "DE89370400440532013000"},
    "billing_details": {"name": "Jenny Rosen", "email": "jenny@example.com"},
}


def a_token(sdk: stripe.StripeClient, **given: Any) -> stripe.ConfirmationToken:
    if "payment_method_data" not in given:
        given = {"payment_method": "pm_card_visa"} | given
    params: Any = given
    return sdk.v1.test_helpers.confirmation_tokens.create(params)


def confirmed(sdk: stripe.StripeClient, token: str, **given: Any) -> stripe.PaymentIntent:
    return sdk.v1.payment_intents.create(INTENT | {"confirm": True, "confirmation_token": token} | given)


def refusal(sdk: stripe.StripeClient, token: str, **given: Any) -> str:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        confirmed(sdk, token, **given)
    assert caught.value.param == "confirmation_token"
    return str(caught.value.user_message)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Just past the life of a token made now."""
    now = clock.now() + LIFE_SECONDS
    monkeypatch.setattr(clock, "now", lambda: now)


def test_a_token_shows_how_its_customer_wants_to_pay(sdk: stripe.StripeClient) -> None:
    token = a_token(
        sdk, return_url="https://shop.example/back", setup_future_usage="off_session", shipping=SHIPPING
    )
    assert token.id.startswith("ctoken_")
    found = sdk.v1.confirmation_tokens.retrieve(token.id)
    assert found.expires_at == found.created + LIFE_SECONDS
    assert (found.return_url, found.setup_future_usage) == ("https://shop.example/back", "off_session")
    assert found.shipping is not None
    assert (found.shipping.name, found.shipping.address.city) == ("Jenny Rosen", "Berlin")
    assert (found.payment_intent, found.setup_intent, found.mandate_data) == (None, None, None)
    preview = found.payment_method_preview
    assert preview is not None
    assert preview.card is not None
    assert (preview.type, preview.card.brand, preview.card.last4) == ("card", "visa", "4242")
    assert "pm_" not in str(found)


def test_a_token_pays_once(sdk: stripe.StripeClient) -> None:
    token = a_token(sdk, shipping=SHIPPING).id
    intent = confirmed(sdk, token)
    assert (intent.status, intent.amount_received) == ("succeeded", 2000)
    assert intent.shipping is not None
    assert intent.shipping.name == "Jenny Rosen"
    assert sdk.v1.confirmation_tokens.retrieve(token).payment_intent == intent.id
    assert "already been used" in refusal(sdk, token)
    assert len([charge for charge in sdk.v1.charges.list().data if charge.paid]) == 1
    assert len(sdk.v1.payment_intents.list().data) == 1


def test_of_many_who_use_a_token_at_once_one_pays(sdk: stripe.StripeClient) -> None:
    token = a_token(sdk).id
    waiting = [sdk.v1.payment_intents.create(INTENT).id for _ in range(4)]

    def confirm(intent_id: str) -> str:
        try:
            return sdk.v1.payment_intents.confirm(intent_id, {"confirmation_token": token}).status
        except stripe.InvalidRequestError as refused:
            return str(refused.param)

    with ThreadPoolExecutor(len(waiting)) as pool:
        ends = sorted(pool.map(confirm, waiting))
    assert ends == ["confirmation_token"] * 3 + ["succeeded"]
    (charge,) = sdk.v1.charges.list().data
    assert sdk.v1.confirmation_tokens.retrieve(token).payment_intent == charge.payment_intent


def test_a_token_confirms_an_intent_that_is_there(sdk: stripe.StripeClient) -> None:
    intent = sdk.v1.payment_intents.create(INTENT)
    token = a_token(sdk, payment_method_data=IBAN | {"type": "card", "card": {"token": "tok_mastercard"}})
    paid = sdk.v1.payment_intents.confirm(intent.id, {"confirmation_token": token.id})
    assert paid.status == "succeeded"
    charge = sdk.v1.charges.retrieve(str(paid.latest_charge))
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.brand == "mastercard"
    assert charge.billing_details.email == "jenny@example.com"


def test_a_token_of_a_debit_pays_later(sdk: stripe.StripeClient) -> None:
    token = a_token(sdk, payment_method_data=IBAN)
    preview = token.payment_method_preview
    assert preview is not None
    assert preview.sepa_debit is not None
    assert (preview.sepa_debit.last4, preview.billing_details.name) == ("3000", "Jenny Rosen")
    assert confirmed(sdk, token.id, allowed_payment_method_types=["sepa_debit"]).status == "processing"


def test_what_the_request_says_itself_takes_precedence(sdk: stripe.StripeClient) -> None:
    token = a_token(sdk, shipping=SHIPPING, return_url="https://shop.example/token")
    other: Any = {"name": "Somebody else", "address": ADDRESS}
    intent = confirmed(sdk, token.id, payment_method="pm_card_amex", shipping=other)
    assert intent.shipping is not None
    assert intent.shipping.name == "Somebody else"
    method = sdk.v1.payment_methods.retrieve(str(intent.payment_method))
    assert method.card is not None
    assert method.card.brand == "amex"
    assert sdk.v1.confirmation_tokens.retrieve(token.id).payment_intent == intent.id
    data: Any = {"type": "card", "card": {"token": "tok_visa"}}
    assert confirmed(sdk, a_token(sdk).id, payment_method_data=data).status == "succeeded"


def test_a_decline_uses_the_token_up(sdk: stripe.StripeClient) -> None:
    token = a_token(sdk, payment_method="pm_card_visa_chargeDeclined").id
    intent = sdk.v1.payment_intents.create(INTENT)
    with pytest.raises(stripe.CardError):
        sdk.v1.payment_intents.confirm(intent.id, {"confirmation_token": token})
    assert sdk.v1.confirmation_tokens.retrieve(token).payment_intent == intent.id
    assert "already been used" in refusal(sdk, token)


def test_what_is_refused_before_a_bank_is_asked_leaves_the_token_good(sdk: stripe.StripeClient) -> None:
    token = a_token(sdk).id
    with pytest.raises(stripe.InvalidRequestError):
        confirmed(sdk, token, allowed_payment_method_types=["sepa_debit"])
    with pytest.raises(stripe.InvalidRequestError) as early:
        sdk.v1.payment_intents.create(INTENT | {"confirmation_token": token})
    assert early.value.param == "confirmation_token"
    paid = confirmed(sdk, token)
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.payment_intents.confirm(paid.id, {"confirmation_token": a_token(sdk).id})
    assert paid.status == "succeeded"


def test_a_challenge_goes_back_where_the_token_says(sdk: stripe.StripeClient) -> None:
    token = a_token(
        sdk, payment_method="pm_card_authenticationRequired", return_url="https://shop.example/back"
    )
    intent = confirmed(sdk, token.id)
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.return_url == "https://shop.example/back"


def test_a_token_sets_a_card_up(sdk: stripe.StripeClient) -> None:
    given: Any = {"confirm": True, "allowed_payment_method_types": ["card"]}
    token = a_token(sdk).id
    intent = sdk.v1.setup_intents.create(given | {"confirmation_token": token})
    assert intent.status == "succeeded"
    assert sdk.v1.confirmation_tokens.retrieve(token).setup_intent == intent.id
    cards: Any = {"allowed_payment_method_types": ["card"]}
    waiting = sdk.v1.setup_intents.create(cards)
    with pytest.raises(stripe.InvalidRequestError, match="already been used"):
        sdk.v1.setup_intents.confirm(waiting.id, {"confirmation_token": token})
    done = sdk.v1.setup_intents.confirm(waiting.id, {"confirmation_token": a_token(sdk).id})
    assert done.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as early:
        sdk.v1.setup_intents.create({"confirmation_token": a_token(sdk).id})
    assert early.value.param == "confirmation_token"


def test_a_token_saves_its_card_where_it_says_so(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({}).id
    token = a_token(sdk, setup_future_usage="off_session").id
    intent = confirmed(sdk, token, customer=customer)
    assert intent.setup_future_usage == "off_session"
    (saved,) = sdk.v1.customers.payment_methods.list(customer).data
    assert saved.id == intent.payment_method


def test_a_token_has_its_time(sdk: stripe.StripeClient, request: pytest.FixtureRequest) -> None:
    token = a_token(sdk).id
    request.getfixturevalue("later")
    assert "has expired" in refusal(sdk, token)


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({}, "parameter_missing", "payment_method"),
        ({"payment_method": "pm_none"}, "resource_missing", "payment_method"),
        ({"payment_method": "pm_card_visa", "payment_method_data[type]": "card"}, None, "payment_method"),
        ({"payment_method": "pm_card_visa", "return_url": "javascript:1"}, "url_invalid", "return_url"),
        ({"payment_method": "pm_card_visa", "setup_future_usage": "once"}, None, "setup_future_usage"),
        ({"payment_method_data[type]": "card"}, "parameter_missing", "payment_method_data[card]"),
        ({"payment_method": "pm_card_visa", "amount": "5"}, "parameter_unknown", "amount"),
    ],
)
def test_what_a_token_cannot_be_made_of_is_refused(
    api: Any, given: dict[str, str], code: str | None, param: str
) -> None:
    refused = api("POST", "/v1/test_helpers/confirmation_tokens", data=given)
    assert refused.status_code == 400, refused.json
    assert (refused.json["error"].get("code"), refused.json["error"]["param"]) == (code, param)


def test_a_token_is_its_merchants_own_and_of_test_mode(app: Flask, sdk: stripe.StripeClient) -> None:
    token = a_token(sdk).id
    other = stripe_client(app, create_merchant(app)[1])
    for call in (other.v1.confirmation_tokens.retrieve, lambda name: confirmed(other, name)):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            call(token)
        assert caught.value.code == "resource_missing"
    live = stripe_client(app, create_merchant(app, livemode=True)[1])
    with pytest.raises(stripe.InvalidRequestError, match="only available in testmode"):
        a_token(live)
