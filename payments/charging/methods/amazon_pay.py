"""Amazon Pay: a wallet that the customer is redirected to."""

import stripe

from payments.charging.methods.kinds import Data, MethodKind, currencies
from payments.shapes import shaped

Details = stripe.Charge.PaymentMethodDetails.AmazonPay


def _charged(data: Data) -> Data:
    card = data.get("funding_card")
    funding = {"type": "card", "card": shaped(Details.Funding.Card, **card)} if card else None
    return shaped(Details, funding=funding, transaction_id=data.get("transaction_id"))


AMAZON_PAY = MethodKind(
    type="amazon_pay",
    label="Amazon Pay",
    note="Choose a card from your Amazon account.",
    currencies=currencies("aud chf dkk eur gbp hkd jpy nok nzd sek usd zar"),
    holds=True,
    charged=_charged,
)
