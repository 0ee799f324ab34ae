"""A webhook endpoint: where a merchant wants which events sent, and the secret that signs them."""

from collections.abc import Sequence
from typing import Any

import stripe
from sqlalchemy import Select
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.database import Id
from kit.ids import random_text
from kit.signing import SECRET_PREFIX
from kit.states import StateMachine
from payments import audit, lifecycle, vault
from payments.errors import InvalidRequest, NotFound
from payments.resource import Resource, WithMetadata, merged_metadata
from payments.scope import caller
from webhooks import chaos
from webhooks.reach import checked_url

ENABLED, DISABLED = "enabled", "disabled"
ALL_EVENTS = "*"
# Base62 characters: as Stripe's own, and at the same time the base64 of 24 bytes, the least that the Standard
# Webhooks specification allows for a key.
SECRET_LENGTH = 32
# How long a secret may go on signing beside the one that has replaced it; Stripe's dashboard offers as much.
MAXIMUM_OVERLAP_SECONDS = 24 * 3600


class WebhookEndpoint(Resource, WithMetadata):
    """An address that gets a merchant's events of some types, or of all types (`*`).

    The secret is sealed at rest. After a roll the previous secret signs as well, until it expires.
    """

    __tablename__ = "webhook_endpoints"
    prefix = "we_"
    object_name = "webhook_endpoint"
    stripe_class = stripe.WebhookEndpoint
    transitions = StateMachine({(ENABLED, DISABLED): None, (DISABLED, ENABLED): None})

    url: Mapped[str]
    enabled_events: Mapped[list[Any]]
    api_version: Mapped[str | None]
    description: Mapped[str | None]
    status: Mapped[str]
    secret: Mapped[dict[str, Any]]
    previous_secret: Mapped[dict[str, Any] | None]
    previous_secret_expires_at: Mapped[int | None]
    application: Mapped[Id | None]
    chaos: Mapped[dict[str, Any] | None]
    deleted: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def create(cls, params: dict[str, Any]) -> tuple["WebhookEndpoint", str]:
        """Collect a new endpoint; return it with its secret, which can't be had again."""
        if params.get("connect"):
            raise InvalidRequest("Florin has no connected accounts to receive events from.", param="connect")
        plain = _new_secret()
        endpoint_id = cls.mint()
        endpoint = cls.new(
            id=endpoint_id,
            url=checked_url(params["url"], livemode=caller().livemode),
            enabled_events=_checked_events(params["enabled_events"]),
            api_version=params.get("api_version"),
            description=params.get("description") or None,
            status=ENABLED,
            secret=vault.seal(plain, purpose=_purpose(endpoint_id)),
            previous_secret=None,
            previous_secret_expires_at=None,
            application=None,
            chaos=None,
            metadata_=merged_metadata({}, params.get("metadata")),
            deleted=False,
        )
        audit.record("webhook_endpoint.created", endpoint.id, to=endpoint.status, url=endpoint.url)
        return endpoint, plain

    @classmethod
    def peek(cls, object_id: str) -> "WebhookEndpoint | None":
        """Return the caller's endpoint of that id, or None; a deleted one is gone."""
        endpoint = super().peek(object_id)
        return None if endpoint is None or endpoint.deleted else endpoint

    @classmethod
    def mine(cls) -> Select["WebhookEndpoint"]:
        """Return the select of the caller's endpoints that aren't deleted."""
        return super().mine().where(cls.deleted.is_(False))

    def update(self, params: dict[str, Any]) -> None:
        """Change the given attributes; `disabled` stops or resumes the sending."""
        if "url" in params:
            self.url = checked_url(params["url"], livemode=self.livemode)
        if "enabled_events" in params:
            self.enabled_events = _checked_events(params["enabled_events"])
        if "description" in params:
            self.description = params["description"] or None
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        if "disabled" in params:
            self.switch(DISABLED if params["disabled"] else ENABLED, reason="by request")
        audit.record("webhook_endpoint.updated", self.id, fields=sorted(params))

    def switch(self, status: str, *, reason: str) -> None:
        """Enable or disable the endpoint; nothing happens where it already is so."""
        if self.status != status:
            lifecycle.move(self, status, reason=reason)

    def roll_secret(self, *, expires_in_seconds: int) -> str:
        """Replace the secret and return the new one; the old one signs as well until it expires.

        At most two sign: one that an earlier roll has left to expire ends now.
        """
        if not 0 <= expires_in_seconds <= MAXIMUM_OVERLAP_SECONDS:
            message = f"This value must be between 0 and {MAXIMUM_OVERLAP_SECONDS}."
            raise InvalidRequest(message, code="parameter_invalid_integer", param="expires_in")
        plain = _new_secret()
        expires_at = clock.now() + expires_in_seconds
        self.previous_secret = self.secret if expires_in_seconds else None
        self.previous_secret_expires_at = expires_at if expires_in_seconds else None
        self.secret = vault.seal(plain, purpose=_purpose(self.id))
        audit.record("webhook_endpoint.secret_rolled", self.id, previous_expires_at=expires_at)
        return plain

    def set_chaos(self, given: dict[str, Any] | None) -> None:
        """Let deliveries of test mode go wrong as `given` says; None lets them go right again."""
        if given is not None and self.livemode:
            raise InvalidRequest("Chaos is for test mode; live webhooks are not tampered with.")
        self.chaos = None if given is None else chaos.settings(given)
        audit.record("webhook_endpoint.chaos_set", self.id, chaos=chaos.shown(self.chaos))

    def delete(self) -> dict[str, Any]:
        """Delete the endpoint; what still waits to be sent to it is not sent."""
        if self.deleted:
            raise NotFound("webhook_endpoint", self.id)
        self.deleted = True
        audit.record("webhook_endpoint.deleted", self.id)
        return {"id": self.id, "object": "webhook_endpoint", "deleted": True}

    def takes_deliveries(self) -> bool:
        """Tell whether events may be sent here at present."""
        return self.status == ENABLED and not self.deleted

    def secrets_in_force(self) -> list[str]:
        """Return the secrets that sign at present, the current one first."""
        sealed = [self.secret]
        expires_at = self.previous_secret_expires_at
        if self.previous_secret is not None and expires_at is not None and expires_at > clock.now():
            sealed.append(self.previous_secret)
        return [vault.unseal(secret, purpose=_purpose(self.id)) for secret in sealed]

    def as_stripe(self) -> dict[str, Any]:
        """Return the endpoint as it goes over the wire; only the answer to its creation tells its secret."""
        return self.shape(
            api_version=self.api_version,
            application=self.application,
            description=self.description,
            enabled_events=self.enabled_events,
            metadata=self.metadata_,
            status=self.status,
            url=self.url,
        )


def wants(enabled_events: Sequence[str], event_type: str) -> bool:
    """Tell whether a list of enabled events takes in an event type."""
    return ALL_EVENTS in enabled_events or event_type in enabled_events


def _new_secret() -> str:
    return f"{SECRET_PREFIX}{random_text(SECRET_LENGTH)}"


def _purpose(endpoint_id: str) -> str:
    # Bound to its row, so that one endpoint's sealed secret can't be copied into another's.
    return f"webhook secret of {endpoint_id}"


def _checked_events(names: list[str]) -> list[str]:
    if not names:
        raise InvalidRequest(
            "You must enable at least one event.", code="parameter_missing", param="enabled_events"
        )
    return list(dict.fromkeys(names))
