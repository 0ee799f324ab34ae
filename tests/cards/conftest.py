"""A merchant of the test's own who tries every card, and a look at what it left behind."""

from dataclasses import dataclass
from typing import Any

import pytest
import stripe
from flask import Flask

from tests.cards.published import Row
from tests.support.bank import Bank
from tests.support.books import assert_the_books_agree
from tests.support.buyer import Till
from tests.support.cardholder import Cardholder
from tests.support.factories import create_merchant
from tests.support.stripe_client import stripe_client

ADDRESS = {"line1": "510 Townsend St", "postal_code": "94103", "country": "US"}


@dataclass(frozen=True)
class Shop:
    """The merchant's SDK and till."""

    app: Flask
    bank: Bank
    account_id: str
    sdk: stripe.StripeClient
    till: Till

    def pay(self, **method: Any) -> stripe.PaymentIntent:
        """Create and confirm an intent of $20.00 with this means of payment."""
        given: Any = {"amount": 2000, "currency": "usd", "confirm": True, **method}
        return self.sdk.v1.payment_intents.create(given)

    def pay_typed(self, row: Row, **more: Any) -> stripe.PaymentIntent:
        """Pay with the card's own number, as a merchant who is PCI compliant may."""
        data = {"type": "card", "card": row.fields(), "billing_details": {"address": ADDRESS}}
        return self.pay(payment_method_data=data, **more)

    def confirm_with_the_issuer(self, url: str) -> None:
        """Have the customer go to the issuer's page, pass its challenge, and come back."""
        back = Cardholder(url).answers_rightly()
        assert self.app.test_client().get(back).status_code in (200, 303)

    def create_method(self, card: Any) -> stripe.PaymentMethod:
        return self.sdk.v1.payment_methods.create({"type": "card", "card": card})

    def charge(self) -> stripe.Charge:
        """The only charge there is."""
        (charge,) = self.sdk.v1.charges.list().data
        return charge

    def check_that_nothing_was_taken(self, row: Row) -> None:
        """One failed charge with the row's codes, an intent that waits for another card, no money."""
        charge = self.charge()
        assert (charge.status, charge.paid, charge.captured) == ("failed", False, False)
        assert (charge.amount_captured, charge.balance_transaction) == (0, None)
        assert charge.failure_code == row.code
        assert charge.failure_message
        (intent,) = self.sdk.v1.payment_intents.list().data
        assert (intent.status, intent.amount_received) == ("requires_payment_method", 0)
        assert intent.latest_charge == charge.id
        assert intent.last_payment_error is not None
        assert intent.last_payment_error.code == row.code
        assert intent.last_payment_error.decline_code == row.decline_code
        assert self.sdk.v1.balance_transactions.list().data == []
        assert_the_books_agree(self.app, self.bank, self.account_id)

    def check_that_it_was_paid(self, row: Row) -> None:
        """One charge with the card's face, and the money in the books."""
        charge = self.charge()
        assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, True)
        assert charge.failure_code is None
        assert charge.payment_method_details is not None
        card = charge.payment_method_details.card
        assert card is not None
        assert (card.brand, card.last4, card.network) == (row.brand, row.number[-4:], row.brand)
        assert_the_books_agree(self.app, self.bank, self.account_id)


@pytest.fixture
def shop(app: Flask, bank: Bank) -> Shop:
    merchant, secret_key = create_merchant(app)
    return Shop(app, bank, merchant.id, stripe_client(app, secret_key), Till(app, secret_key))
