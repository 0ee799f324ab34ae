"""A session of the Stripe CLI: one `stripe listen` or `stripe logs tail` at one device, and what it wants.

The CLI proves itself to the WebSocket by the session's id alone, so the id is as good as a key: it is shown
once, kept as a hash, and good for no longer than the key that it was asked for with.
"""

import hashlib
import re
from typing import Any

import stripe
from sqlalchemy import Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Base, Id, db
from kit.ids import new_id, random_text
from payments import audit, vault
from payments.errors import RateLimited
from payments.scope import caller
from webhooks.cli.log_filters import LogFilters

WEBHOOKS, REQUEST_LOGS = "webhooks", "request_logs"
# A session that nobody is connected to ends after this time; the CLI then asks for a new one.
IDLE_SECONDS = 600
MAXIMUM_SESSIONS = 100  # open ones, for each account and mode
ID_PREFIX = "cliws_"
ID = re.compile(r"cliws_[0-9A-Za-z]{40}")
SECRET_LENGTH = 64


class CliSession(Base):
    """A device that listens. `connection` is the WebSocket that serves it at present, or did last."""

    __tablename__ = "stripecli_sessions"
    __table_args__ = (
        Index("ix_stripecli_sessions_expires", "expires_at"),
        Index("ix_stripecli_sessions_connection", "connection"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    hashed: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[Id]
    livemode: Mapped[bool]
    key_id: Mapped[Id]
    created: Mapped[int]
    expires_at: Mapped[int]
    device_name: Mapped[str]
    features: Mapped[list[Any]]
    filters: Mapped[dict[str, Any]]
    connection: Mapped[str | None] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)

    @classmethod
    def open(cls, params: dict[str, Any]) -> tuple["CliSession", str]:
        """Collect a session of the present caller; return it with its id on the wire, which is shown once."""
        who = caller()
        _refuse_too_many()
        plain = ID_PREFIX + random_text(40)
        session = cls(
            id=new_id("clis_"),
            hashed=hash_id(plain),
            account_id=who.account_id,
            livemode=who.livemode,
            key_id=who.actor,
            created=clock.now(),
            expires_at=clock.now() + IDLE_SECONDS,
            device_name=params["device_name"],
            features=list(params["websocket_features"]),
            filters=LogFilters.read(params.get("filters")).as_json(),
            connection=None,
            version=1,
        )
        db.session.add(session)
        audit.record("stripecli.session.created", session.id, features=session.features)
        return session, plain

    @property
    def feature(self) -> str:
        """Return the one feature that the WebSocket is authorized for: webhooks where they are wanted."""
        return WEBHOOKS if WEBHOOKS in self.features else str(self.features[0])

    def as_stripe(self, plain: str, url: str, *, reconnect_seconds: int) -> dict[str, Any]:
        """Return the answer to the CLI, in Stripe's words."""
        return {
            "websocket_id": plain,
            "websocket_url": f"{url}/subscribe/{self.account_id}",
            "websocket_authorized_feature": self.feature,
            "secret": secret_of(self.account_id, self.device_name, livemode=self.livemode),
            "reconnect_delay": reconnect_seconds,
            "default_version": stripe.api_version,
            "latest_version": stripe.api_version,
            "display_connect_filter_warning": bool(self.filters.get("filter_account")),
            "device_token": hash_id(plain)[:32],
        }


def hash_id(plain: str) -> str:
    """Return the hash of a session's id; it has 238 random bits, so that a plain SHA-256 suffices."""
    return hashlib.sha256(plain.encode()).hexdigest()


def secret_of(account_id: str, device_name: str, *, livemode: bool) -> str:
    """Return what signs a device's events: the same at each start of the CLI, and kept nowhere."""
    told = "\n".join(("stripecli secret", account_id, "live" if livemode else "test", device_name))
    return f"whsec_{vault.keyed_digest(told.encode())[:SECRET_LENGTH]}"


def _refuse_too_many() -> None:
    who, row = caller(), CliSession
    open_ones = select(func.count()).where(
        row.account_id == who.account_id, row.livemode == who.livemode, row.expires_at > clock.now()
    )
    if (db.session.scalar(open_ones) or 0) >= MAXIMUM_SESSIONS:
        raise RateLimited(
            f"This account has {MAXIMUM_SESSIONS} open sessions of the Stripe CLI. End some of them, or wait "
            f"{IDLE_SECONDS // 60} minutes.",
            code="rate_limit",
        )
