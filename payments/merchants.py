"""Merchants, their users and their API keys; keys and passwords are kept only as hashes."""

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.admission import Outside
from kit.database import Base, Id, db, load
from kit.ids import new_id, random_text
from payments import audit
from payments.errors import AuthenticationError, InvalidRequest, NotFound
from payments.scope import Caller, caller

KEY_CACHE_SECONDS = 5.0
NAME_CACHE_SECONDS = 60.0
NAMES_KEPT = 10_000
LONGEST_NAME = 80  # of a key
MADE_ALREADY = "This key has been made already. It is not shown again; revoke it if you have not copied it."
MAXIMUM_GRACE_SECONDS = 7 * 24 * 3600
SCRYPT = {"n": 2**14, "r": 8, "p": 1}


class Merchant(Base):
    """A business that takes payments: one Stripe account."""

    __tablename__ = "merchants"

    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[str]
    country: Mapped[str]
    default_currency: Mapped[str]
    settlement_currency: Mapped[str | None]  # what everything is converted to; None keeps each currency
    payout_interval: Mapped[str] = mapped_column(default="daily")  # or manual
    branding: Mapped[
        dict[str, Any] | None
    ]  # how its pages look (payments/branding.py); None is the house's way
    business_profile: Mapped[dict[str, Any] | None]  # where its customers reach it
    receipts_of_payments: Mapped[bool] = mapped_column(default=False)  # by mail, unasked
    receipts_of_refunds: Mapped[bool] = mapped_column(default=False)
    created: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)

    @classmethod
    def open(cls, name: str, *, country: str = "US", default_currency: str = "usd") -> "Merchant":
        """Collect a new merchant."""
        merchant = cls(
            id=new_id("acct_"), name=name, country=country, default_currency=default_currency,
            created=clock.now(), version=1,
        )  # fmt: skip
        db.session.add(merchant)
        return merchant


class User(Base):
    """A person who may sign in to the dashboard for one merchant."""

    __tablename__ = "users"
    __table_args__ = (Index("ix_users_account", "account_id", "id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id]
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    created: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)

    @classmethod
    def register(cls, merchant: Merchant, email: str, password: str) -> "User":
        """Collect a new user; the password is kept as salted scrypt."""
        user = cls(
            id=new_id("usr_"), account_id=merchant.id, email=email.strip().lower(),
            password_hash=_scrypt(password, secrets.token_hex(16)), created=clock.now(), version=1,
        )  # fmt: skip
        db.session.add(user)
        return user

    @classmethod
    def by_password(cls, email: str, password: str) -> "User | None":
        """Return the user whose password this is, or None, in the same time for each wrong part."""
        query = select(cls.id, cls.password_hash).where(cls.email == email.strip().lower())
        # Given back at once: whoever hashes has left their place, and those who come in need connections.
        with db.engine.connect() as connection:
            found = connection.execute(query).first()
        kept = found.password_hash if found else _ABSENT_HASH
        matches = hmac.compare_digest(_scrypt(password, kept.split("$")[0]).encode(), kept.encode())
        return db.session.get(cls, found.id) if found and matches else None

    def has_password(self, password: str) -> bool:
        """Tell whether this is the user's password."""
        offered = _scrypt(password, self.password_hash.split("$")[0])
        return hmac.compare_digest(offered.encode(), self.password_hash.encode())

    def change_password(self, password: str) -> None:
        """Set another password."""
        self.password_hash = _scrypt(password, secrets.token_hex(16))


def users_of(account_id: str) -> list[User]:
    """Return who may sign in for a merchant."""
    return list(db.session.scalars(select(User).where(User.account_id == account_id).order_by(User.id)))


def _scrypt(password: str, salt: str) -> str:
    with Outside():  # it needs no interpreter for so long
        digest = hashlib.scrypt(
            password.encode(), salt=salt.encode(), n=SCRYPT["n"], r=SCRYPT["r"], p=SCRYPT["p"]
        )
    return f"{salt}${digest.hex()}"


_ABSENT_HASH = _scrypt(secrets.token_hex(16), secrets.token_hex(16))


class KeyKind(StrEnum):
    """What a key may do: everything, or only what a customer's browser may."""

    SECRET = "secret"  # noqa: S105 - a kind, no secret
    PUBLISHABLE = "publishable"


class ApiKey(Base):
    """A key's hash, last four characters and expiry; the key itself is shown once."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("ix_api_keys_account", "account_id", "livemode"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id]
    livemode: Mapped[bool]
    kind: Mapped[str]
    hashed: Mapped[str] = mapped_column(unique=True)
    hint: Mapped[str]
    name: Mapped[str | None]  # what its merchant calls it
    created: Mapped[int]
    expires_at: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)

    @classmethod
    def issue(
        cls, account_id: str, kind: KeyKind, *, livemode: bool, plain: str | None = None,
        key_id: str | None = None, name: str | None = None,
    ) -> tuple["ApiKey", str]:  # fmt: skip
        """Collect a new key; return it with its plain text, which can't be had again."""
        plain = plain or key_prefix(kind, livemode=livemode) + random_text(40)
        key = cls(
            id=key_id or new_id("key_"), account_id=account_id, livemode=livemode, kind=kind.value,
            hashed=hash_key(plain), hint=plain[-4:], name=name, created=clock.now(), expires_at=None,
            version=1,
        )  # fmt: skip
        db.session.add(key)
        return key, plain

    @classmethod
    def create(cls, kind: KeyKind, *, key_id: str, name: str | None) -> tuple["ApiKey", str]:
        """Collect a key of the caller's under its form's id; raises InvalidRequest where that is used up."""
        if db.session.get(cls, key_id) is not None:
            raise InvalidRequest(MADE_ALREADY, code="resource_already_exists")
        who = caller()
        key, plain = cls.issue(who.account_id, kind, livemode=who.livemode, key_id=key_id, name=name)
        audit.record("api_key.created", key.id, kind=kind.value)
        return key, plain

    @classmethod
    def mine(cls) -> Select["ApiKey"]:
        """Return the select of the caller's keys."""
        who = caller()
        return select(cls).where(cls.account_id == who.account_id, cls.livemode == who.livemode)

    @classmethod
    def find(cls, key_id: str) -> "ApiKey":
        """Return the caller's key of that id; raises the same NotFound for a foreign and an absent one."""
        key = db.session.scalar(cls.mine().where(cls.id == key_id))
        if key is None:
            raise NotFound("api_key", key_id)
        return key

    def roll(self, *, grace_seconds: int) -> tuple["ApiKey", str]:
        """Collect a successor; this key goes on working for the grace period, 0 ends it at once."""
        if not 0 <= grace_seconds <= MAXIMUM_GRACE_SECONDS:
            raise InvalidRequest(
                "The grace period must be between 0 and 604800 seconds.", param="grace_seconds"
            )
        if self.expired():
            raise InvalidRequest("This API key has expired and can't be rolled.", code="api_key_expired")
        successor, plain = ApiKey.issue(
            self.account_id, KeyKind(self.kind), livemode=self.livemode, name=self.name
        )
        self.expires_at = clock.now() + grace_seconds
        audit.record("api_key.rolled", self.id, successor=successor.id, expires_at=self.expires_at)
        forget_key(self.hashed)
        return successor, plain

    def revoke(self) -> None:
        """End the key at once; other processes learn of it within KEY_CACHE_SECONDS."""
        if self.expired():
            raise InvalidRequest("This API key has ended already.", code="api_key_expired")
        self.expires_at = clock.now()
        audit.record("api_key.revoked", self.id)
        forget_key(self.hashed)

    @property
    def masked(self) -> str:
        """Return how it begins and ends: `sk_test_…3fGh`."""
        return f"{key_prefix(KeyKind(self.kind), livemode=self.livemode)}…{self.hint}"

    def expired(self) -> bool:
        """Tell whether the key's time is over."""
        return self.expires_at is not None and self.expires_at <= clock.now()


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What the gate needs of a key, kept in memory for some seconds."""

    id: str
    account_id: str
    livemode: bool
    kind: str
    expires_at: int | None


def key_prefix(kind: KeyKind, *, livemode: bool) -> str:
    """Return how a key of this kind begins, as `sk_test_`."""
    return f"{'sk' if kind is KeyKind.SECRET else 'pk'}_{'live' if livemode else 'test'}_"


def hash_key(plain: str) -> str:
    """Return a key's hash; a key has 238 random bits, so that a plain SHA-256 suffices."""
    return hashlib.sha256(plain.encode("utf-8", "surrogateescape")).hexdigest()


_cache: dict[str, tuple[float, KnownKey]] = {}
_cache_lock = threading.Lock()


def forget_key(hashed: str) -> None:
    """Drop a key from this process's memory; other processes forget it within KEY_CACHE_SECONDS."""
    with _cache_lock:
        _cache.pop(hashed, None)


def _redacted(plain: str) -> str:
    visible = plain if plain.isascii() and plain.isprintable() else "?"
    return f"{visible[:8]}{'*' * 8}{visible[-4:]}" if len(visible) > 16 else f"{visible[:3]}***"


def authenticate(plain: str) -> KnownKey:
    """Return the key behind its plain text; raises AuthenticationError for a wrong or expired one."""
    hashed = hash_key(plain)
    cached = _cache.get(hashed)
    if cached is not None and time.monotonic() - cached[0] < KEY_CACHE_SECONDS:
        known = cached[1]
    else:
        row = db.session.scalar(select(ApiKey).where(ApiKey.hashed == hashed))
        if row is None:
            raise AuthenticationError(f"Invalid API Key provided: {_redacted(plain)}")
        known = KnownKey(row.id, row.account_id, row.livemode, row.kind, row.expires_at)
        with _cache_lock:
            _cache[hashed] = (time.monotonic(), known)
    if known.expires_at is not None and known.expires_at <= clock.now():
        raise AuthenticationError(f"Expired API Key provided: {_redacted(plain)}", code="api_key_expired")
    return known


def present_merchant() -> Merchant:
    """Return the caller's merchant."""
    merchant = load(Merchant, caller().account_id)
    if merchant is None:
        raise NotFound("account", caller().account_id)
    return merchant


_names: dict[str, tuple[float, str]] = {}


def present_name() -> str:
    """Return the name of the caller's merchant, as it was at most a minute ago."""
    account_id = caller().account_id
    known = _names.get(account_id)
    if known is None or known[0] <= time.monotonic():
        if len(_names) >= NAMES_KEPT:
            _names.clear()
        known = _names[account_id] = (time.monotonic() + NAME_CACHE_SECONDS, present_merchant().name)
    return known[1]


def operator(merchant: Merchant, *, livemode: bool, actor: str) -> Caller:
    """Return a caller for work on a merchant outside any request."""
    return Caller(account_id=merchant.id, livemode=livemode, actor=actor)
