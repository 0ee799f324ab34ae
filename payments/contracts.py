"""A contract: which acquirer takes a merchant's payments, under what merchant id, and which of them."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Base, Id, db, load_where
from kit.ids import new_id
from payments import audit
from payments.errors import NotFound
from payments.scope import system

# A process sees another one's change of a contract after this time at the latest.
CACHE_SECONDS = 5.0
PRIORITY = 10
WEIGHT = 100


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed with one acquirer; an empty set of currencies, brands or methods means all of them."""

    acquirer: str
    merchant_id: str | None = None  # at that acquirer; None stands for the account's own id
    currencies: frozenset[str] = field(default_factory=frozenset)
    brands: frozenset[str] = field(default_factory=frozenset)
    methods: frozenset[str] = field(default_factory=frozenset)
    priority: int = PRIORITY  # the lowest is tried first
    weight: int = WEIGHT  # the share among contracts of the same priority


class Contract(Base):
    """One merchant's agreement with one acquirer."""

    __tablename__ = "contracts"
    __table_args__ = (
        CheckConstraint("priority >= 0", name="ck_contract_priority"),
        CheckConstraint("weight > 0", name="ck_contract_weight"),
        Index("ix_contracts_account", "account_id", "id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id]
    created: Mapped[int]
    version: Mapped[int]
    acquirer: Mapped[str]
    merchant_id: Mapped[str]
    currencies: Mapped[list[Any]]
    brands: Mapped[list[Any]]
    methods: Mapped[list[Any]]
    priority: Mapped[int]
    weight: Mapped[int]
    active: Mapped[bool]

    @classmethod
    def sign(cls, account_id: str, terms: Terms) -> "Contract":
        """Collect a new contract of an account."""
        contract = cls(
            id=new_id("ctr_"),
            account_id=account_id,
            created=clock.now(),
            version=1,
            acquirer=terms.acquirer,
            merchant_id=terms.merchant_id or account_id,
            currencies=sorted(terms.currencies),
            brands=sorted(terms.brands),
            methods=sorted(terms.methods),
            priority=terms.priority,
            weight=terms.weight,
            active=True,
        )
        db.session.add(contract)
        who = system(account_id, livemode=False)
        db.session.add(
            audit.row("contract.signed", contract.id, "succeeded", who=who, acquirer=terms.acquirer)
        )
        forget(account_id)
        return contract

    @classmethod
    def of(cls, account_id: str) -> list["Contract"]:
        """Return an account's contracts, active or not, in the order in which they were signed."""
        query = select(cls).where(cls.account_id == account_id).order_by(cls.id)
        return list(db.session.scalars(query))

    @classmethod
    def find(cls, contract_id: str) -> "Contract":
        """Return a contract by its id; raises NotFound."""
        contract = db.session.get(cls, contract_id)
        if contract is None:
            raise NotFound("contract", contract_id)
        return contract

    def switch(self, *, active: bool) -> None:
        """Let payments take this way or not; captures and refunds of earlier ones do in any case."""
        self.active = active
        audit.record("contract.resumed" if active else "contract.suspended", self.id, acquirer=self.acquirer)
        forget(self.account_id)


@dataclass(frozen=True, slots=True)
class Offer:
    """An active contract as routing needs it, kept in memory for some seconds."""

    contract_id: str
    acquirer: str
    merchant_id: str
    currencies: frozenset[str]
    brands: frozenset[str]
    methods: frozenset[str]
    priority: int
    weight: int

    def unfit(self, currency: str, brand: str | None, method: str) -> str | None:
        """Return what the contract does not take of a payment, None where it takes all of it."""
        if self.methods and method not in self.methods:
            return f"no {method}"
        if self.currencies and currency not in self.currencies:
            return f"no {currency}"
        if self.brands and brand is not None and brand not in self.brands:
            return f"no {brand}"
        return None


_cache: dict[str, tuple[float, tuple[Offer, ...]]] = {}
_guard = threading.Lock()


def offers_of(account_id: str) -> tuple[Offer, ...]:
    """Return the account's active contracts."""
    cached = _cache.get(account_id)
    if cached is not None and time.monotonic() - cached[0] < CACHE_SECONDS:
        return cached[1]
    rows = load_where(Contract, "account_id = ? AND active = ? ORDER BY id", (account_id, True))
    offers = tuple(_offer(row) for row in rows if row.active)
    if offers:  # a merchant that has none yet may be given one at any moment
        with _guard:
            _cache[account_id] = (time.monotonic(), offers)
    return offers


def forget(account_id: str) -> None:
    """Drop an account's contracts from this process's memory."""
    with _guard:
        _cache.pop(account_id, None)


def _offer(row: Contract) -> Offer:
    return Offer(
        row.id, row.acquirer, row.merchant_id, frozenset(row.currencies), frozenset(row.brands),
        frozenset(row.methods), row.priority, row.weight,
    )  # fmt: skip
