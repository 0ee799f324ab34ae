"""A customer whose browser confirms an intent with a publishable key, as Stripe's own scripts do."""

from collections.abc import Callable

from kit import database
from payments.merchants import ApiKey, KeyKind
from tests.support.buyer import Till

Pay = Callable[[str], int]  # a card's number -> the answer's status
OWN_ADDRESS = "127.0.0.1"


def publishable_key(till: Till) -> str:
    """A new publishable key of the till's merchant."""
    with till.app.app_context():
        _, key = ApiKey.issue(till.get("/v1/account")["id"], KeyKind.PUBLISHABLE, livemode=False)
        database.commit()
    return key


def by_api(till: Till, address: str = OWN_ADDRESS) -> Pay:
    """A customer at that address with a new intent in their browser."""
    key = publishable_key(till)
    given = {"amount": 2000, "currency": "usd", "allowed_payment_method_types": ["card"]}
    intent = till.post("/v1/payment_intents", given)

    def confirmed(number: str) -> int:
        card = {"number": number, "exp_month": "12", "exp_year": "2034", "cvc": "123"}
        typed = {f"payment_method_data[card][{name}]": value for name, value in card.items()}
        answer = till.client.post(
            f"/v1/payment_intents/{intent['id']}/confirm",
            data={"client_secret": intent["client_secret"], "payment_method_data[type]": "card"} | typed,
            headers={"Authorization": f"Bearer {key}"},
            environ_overrides={"REMOTE_ADDR": address},
        )
        return answer.status_code

    return confirmed
