"""A bank account of a merchant: where its payouts go. The number is sealed; four digits of it are shown."""

import re
from enum import StrEnum
from typing import Any, ClassVar

import stripe
from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from kit.database import db
from kit.states import StateMachine
from payments import lifecycle, vault
from payments.charging import amounts
from payments.errors import InvalidRequest
from payments.resource import Resource, WithMetadata, merged_metadata

SEALED_FOR = "bank account number"
NUMBER = re.compile(r"[A-Z0-9]{4,34}")
ROUTING_NUMBER = re.compile(r"[A-Z0-9-]{4,23}")
COUNTRY = re.compile(r"[A-Z]{2}")
LONGEST_NAME = 200


class Status(StrEnum):
    """Stripe's statuses of an external account that Florin uses."""

    NEW = "new"
    ERRORED = "errored"  # a payout to it has failed, and no further one is tried


class BankAccount(Resource, WithMetadata):
    """Where a merchant's money goes, one default for each currency."""

    __tablename__ = "bank_accounts"
    prefix = "ba_"
    object_name = "bank_account"
    stripe_class = stripe.BankAccount

    transitions: ClassVar[StateMachine] = StateMachine(
        {(Status.NEW, Status.ERRORED): "account.external_account.updated"}
    )

    status: Mapped[str]
    country: Mapped[str]
    currency: Mapped[str]
    default_for_currency: Mapped[bool]
    account_holder_name: Mapped[str | None]
    account_holder_type: Mapped[str | None]
    routing_number: Mapped[str | None]
    last4: Mapped[str]
    fingerprint: Mapped[str]
    sealed_number: Mapped[dict[str, Any]]

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Payouts look for the default of a currency."""
        return (Index("ix_bank_accounts_currency", "account_id", "livemode", "currency"),)

    @classmethod
    def create(cls, given: dict[str, Any]) -> "BankAccount":
        """Collect a new account from Stripe's parameters; the first of its currency is that one's default."""
        number = _matching(given, "account_number", NUMBER)
        country = _matching(given, "country", COUNTRY)
        currency = amounts.known_currency(
            given.get("currency") or "usd", param="external_account[currency]"
        ).code
        routing = _matching(given, "routing_number", ROUTING_NUMBER) if given.get("routing_number") else None
        former = cls.default_for(currency)
        default = former is None or bool(given.get("default_for_currency"))
        if former is not None and default:
            former.default_for_currency = False
        account = cls.new(
            status=Status.NEW.value,
            country=country,
            currency=currency,
            default_for_currency=default,
            account_holder_name=(given.get("account_holder_name") or None),
            account_holder_type=given.get("account_holder_type"),
            routing_number=routing,
            last4=number[-4:],
            fingerprint=vault.fingerprint(f"{country}:{routing}:{number}"),
            sealed_number=vault.seal(number, purpose=SEALED_FOR),
            metadata_=merged_metadata({}, given.get("metadata") or {}),
        )
        lifecycle.begin(account, "account.external_account.created")
        return account

    @classmethod
    def default_for(cls, currency: str) -> "BankAccount | None":
        """Return the caller's default account of a currency."""
        query = cls.mine().where(cls.currency == currency, cls.default_for_currency)
        return db.session.scalar(query.order_by(cls.id.desc()))

    @classmethod
    def defaults(cls) -> list["BankAccount"]:
        """Return the caller's default accounts that payouts still go to."""
        query = cls.mine().where(cls.default_for_currency, cls.status == Status.NEW.value)
        return list(db.session.scalars(query.order_by(cls.currency)))

    def number(self) -> str:
        """Return the whole number, for the bank alone."""
        return vault.unseal(self.sealed_number, purpose=SEALED_FOR)

    def as_stripe(self) -> dict[str, Any]:
        """Return the account."""
        return self.shape(
            account=self.account_id,
            account_holder_name=self.account_holder_name,
            account_holder_type=self.account_holder_type,
            available_payout_methods=["standard"],
            country=self.country,
            currency=self.currency,
            default_for_currency=self.default_for_currency,
            fingerprint=self.fingerprint,
            last4=self.last4,
            metadata=self.metadata_,
            routing_number=self.routing_number,
            status=self.status,
        )


def _matching(given: dict[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    text = str(given.get(name) or "").replace(" ", "").upper()
    if not pattern.fullmatch(text):
        code = "country_unsupported" if name == "country" else f"{name}_invalid"
        raise InvalidRequest(
            f"Invalid {name.replace('_', ' ')}.", code=code, param=f"external_account[{name}]"
        )
    return text
