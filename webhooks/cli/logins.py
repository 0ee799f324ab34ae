"""`stripe login`: a device asks for keys, a user confirms its pairing code, and the keys come once.

Whoever holds the poll address gets the keys, so it is kept as a hash. Whoever is signed in may confirm,
having compared the code. Keys are made when they are handed out, so that they lie nowhere before.
"""

from secrets import choice
from typing import Any

from sqlalchemy import Index, func, select
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Base, Id, db
from kit.ids import new_id, random_text
from payments import audit
from payments.errors import InvalidRequest, NotFound, RateLimited
from payments.merchants import LONGEST_NAME, ApiKey, KeyKind, Merchant
from payments.scope import caller
from webhooks.cli.sessions import hash_id

LIFE_SECONDS = 600
# Nobody has proved anything yet when a login begins; so many may be open at a time in the whole house.
MAXIMUM_OPEN = 200
KEY_SECONDS = 90 * 24 * 3600  # as the CLI tells its user
TOKEN_LENGTH = 40
CODE_WORDS = 4
# Short, unlike each other, and harmless in any order.
WORDS = tuple(
    (
        "amber anchor apple autumn bamboo basket birch bridge brook candle canyon cedar cherry clover "
        "cobalt copper coral cotton cricket dahlia daisy delta ember falcon fern finch forest garden ginger "
        "glacier granite harbor hazel heron honey indigo island ivory jasmine juniper lagoon lantern lemon "
        "lilac linen lotus maple marble meadow mint nectar ocean olive orchid otter pebble pepper pine "
        "planet plum prairie quartz quill raven reef ribbon river robin rocket saffron sage silver sparrow "
        "spruce summit sunset swan thistle thunder tiger topaz tulip valley velvet violet walnut willow "
        "winter yarrow zephyr"
    ).split()
)


class CliLogin(Base):
    """One `stripe login`, from the CLI's question to the keys that it is given."""

    __tablename__ = "stripecli_logins"
    __table_args__ = (Index("ix_stripecli_logins_expires", "expires_at"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    poll_hash: Mapped[str] = mapped_column(unique=True)
    verification_code: Mapped[str]
    device_name: Mapped[str]
    created: Mapped[int]
    expires_at: Mapped[int]
    account_id: Mapped[Id | None]
    confirmed_by: Mapped[str | None]
    redeemed_at: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)

    @classmethod
    def begin(cls, device_name: str) -> tuple["CliLogin", str]:
        """Collect a login; return it with the token of its poll address, which is shown once."""
        still_open = select(func.count()).where(cls.expires_at > clock.now())
        if (db.session.scalar(still_open) or 0) >= MAXIMUM_OPEN:
            raise RateLimited("Too many logins have begun. Please wait some minutes.", code="rate_limit")
        poll = random_text(TOKEN_LENGTH)
        login = cls(
            id=new_id("clil_"),
            poll_hash=hash_id(poll),
            verification_code="-".join(choice(WORDS) for _ in range(CODE_WORDS)),
            device_name=device_name,
            created=clock.now(),
            expires_at=clock.now() + LIFE_SECONDS,
            account_id=None,
            confirmed_by=None,
            redeemed_at=None,
            version=1,
        )
        db.session.add(login)
        return login, poll

    @classmethod
    def of_browser(cls, login_id: str) -> "CliLogin":
        """Return the login that a user has come to confirm; raises NotFound for none and for an old one."""
        return cls._open(cls.id == login_id)

    @classmethod
    def of_poll(cls, token: str) -> "CliLogin":
        """Return the login that the CLI asks after; raises NotFound for none, an old and a redeemed one."""
        return cls._open(cls.poll_hash == hash_id(token))

    @classmethod
    def _open(cls, condition: Any) -> "CliLogin":
        login = db.session.scalar(select(cls).where(condition))
        if login is None or login.expires_at <= clock.now() or login.redeemed_at is not None:
            raise NotFound("stripecli login", "")
        return login

    def confirm(self) -> None:
        """Give the device to the caller's account; a login is confirmed once."""
        if self.account_id is not None:
            raise InvalidRequest("This login has been confirmed already.", code="login_confirmed")
        who = caller()
        self.account_id, self.confirmed_by = who.account_id, who.actor
        audit.record("stripecli.login.confirmed", self.id, device=self.device_name)

    def redeem(self) -> dict[str, Any]:
        """Collect test keys for the device; return them as the CLI reads them. Only while they are not."""
        assert self.account_id is not None  # noqa: S101 - the edge has asked; for the type checker
        merchant = db.session.get(Merchant, self.account_id)
        if merchant is None:
            raise NotFound("account", self.account_id)
        self.redeemed_at = clock.now()
        plain = {}
        for kind in (KeyKind.SECRET, KeyKind.PUBLISHABLE):
            key, plain[kind] = ApiKey.issue(
                self.account_id, kind, livemode=False, name=f"Stripe CLI, {self.device_name}"[:LONGEST_NAME]
            )
            key.expires_at = clock.now() + KEY_SECONDS
            audit.record("api_key.created", key.id, login=self.id, expires_at=key.expires_at)
        return {
            "redeemed": True,
            "account_id": self.account_id,
            "account_display_name": merchant.name,
            "testmode_key_secret": plain[KeyKind.SECRET],
            "testmode_key_publishable": plain[KeyKind.PUBLISHABLE],
            "livemode_key_secret": "",
            "livemode_key_publishable": "",
        }
