"""Every published test card in a setup intent: kept, refused, or left to its holder."""

import pytest
import stripe
from flask import Flask

from tests.cards.published import KNOWN, Row, name, with_token
from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client

# Refused when they are charged; an issuer who is asked for nothing finds no fault in them.
GOOD_WITHOUT_MONEY = frozenset(("declined_after_attach", "risk"))
LOOKUP_FAILS = "threeDSecureRequiredProcessingError"
# Asked of their holders in payments alone.
ON_PAYMENTS = frozenset(("authenticationRequiredSetupForOffSession",))


def outcome(row: Row) -> str:
    if row.token == LOOKUP_FAILS:
        return "processing_error"
    if row.token in ON_PAYMENTS or row.behaviour in GOOD_WITHOUT_MONEY:
        return "succeeded"
    if row.challenged:
        return "requires_action"
    return "succeeded" if row.pays else str(row.decline_code)


@pytest.fixture(scope="module")
def sdk(app: Flask) -> stripe.StripeClient:
    return stripe_client(app, create_merchant(app)[1])


@pytest.mark.parametrize("row", with_token(KNOWN), ids=name)
def test_a_card_is_set_up_as_the_table_says(sdk: stripe.StripeClient, row: Row) -> None:
    given: stripe.params.SetupIntentCreateParams = {
        "payment_method": f"pm_card_{row.token}",
        "confirm": True,
        "return_url": "https://shop.example/done",
    }
    try:
        told = sdk.v1.setup_intents.create(given).status
    except stripe.CardError as refused:
        told = str(refused.error.decline_code if refused.error else None)
    assert told == outcome(row)
