"""Plain functions that make what a test starts from."""

from flask import Flask

from acquiring import terms
from kit import database
from payments.merchants import ApiKey, KeyKind, Merchant
from payments.opening import open_merchant


def create_merchant(
    app: Flask, name: str = "Rosie's Roses", *, livemode: bool = False
) -> tuple[Merchant, str]:
    """A merchant of its own for each test, with a secret key: nothing another test did is seen by it."""
    with app.app_context():
        merchant = open_merchant(name, terms(app.config["FLORIN"]))
        _, secret_key = ApiKey.issue(merchant.id, KeyKind.SECRET, livemode=livemode)
        database.commit()
        return merchant, secret_key
