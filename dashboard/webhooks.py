"""Webhook endpoints: the list, one with its latest attempts, adding, switching, and the secret."""

from flask import request, url_for
from sqlalchemy import select

from dashboard import edge, rendering
from dashboard.edge import Body, Onward
from dashboard.forms import EndpointForm, RollSecretForm
from dashboard.lists import listing
from kit.database import db
from payments import audit
from payments.errors import StripeError
from webhooks import delinquency
from webhooks.attempts import DeliveryAttempt
from webhooks.webhook_endpoints import ENABLED, WebhookEndpoint

LATEST = 25


@edge.page("/webhooks")
def webhooks() -> Body:
    """List endpoints, with a form for another."""
    return rendering.page("webhooks", page=listing(WebhookEndpoint), form=EndpointForm(formdata=None))


def _typed_again(refusal: StripeError) -> Body:
    """Show the list with what was typed, and why it can't be."""
    form = EndpointForm()
    return rendering.page("webhooks", page=listing(WebhookEndpoint), form=form, problem=refusal.message), 422


@edge.action("/webhooks", refused=_typed_again)
def add_webhook() -> Body:
    """Add an endpoint."""
    endpoint, _ = WebhookEndpoint.create(EndpointForm().given())
    return Onward(url_for("dashboard.webhook", endpoint_id=endpoint.id), "The endpoint was added.")


@edge.page("/webhooks/<endpoint_id>")
def webhook(endpoint_id: str) -> Body:
    """Show one endpoint."""
    return _shown(WebhookEndpoint.find(endpoint_id), secret=None)


@edge.action("/webhooks/<endpoint_id>/secret", refused=edge.back_to("webhook", "endpoint_id"))
def reveal_secret(endpoint_id: str) -> Body:
    """Show the secret that signs at present; the audit trail keeps who asked."""
    endpoint = WebhookEndpoint.find(endpoint_id)
    audit.record("webhook_endpoint.secret_shown", endpoint.id)
    return _shown(endpoint, secret=endpoint.secrets_in_force()[0])


@edge.action("/webhooks/<endpoint_id>/roll", refused=edge.back_to("webhook", "endpoint_id"))
def roll_secret(endpoint_id: str) -> Body:
    """Give an endpoint a new signing secret and show it; the old one signs as well until its time is over."""
    endpoint = WebhookEndpoint.find(endpoint_id)
    expires_in_seconds = RollSecretForm().seconds(endpoint.version)
    return _shown(endpoint, secret=endpoint.roll_secret(expires_in_seconds=expires_in_seconds))


@edge.action("/webhooks/<endpoint_id>/switch", refused=edge.back_to("webhook", "endpoint_id"))
def switch_webhook(endpoint_id: str) -> Body:
    """Disable or enable an endpoint."""
    endpoint = WebhookEndpoint.find(endpoint_id)
    endpoint.update({"disabled": request.form.get("disabled") == "yes"})
    words = "is enabled" if endpoint.status == ENABLED else "is disabled; nothing more is sent to it"
    return Onward(url_for("dashboard.webhook", endpoint_id=endpoint.id), f"The endpoint {words}.")


def _shown(endpoint: WebhookEndpoint, *, secret: str | None) -> str:
    query = select(DeliveryAttempt).where(DeliveryAttempt.endpoint_id == endpoint.id)
    attempts = db.session.scalars(query.order_by(DeliveryAttempt.id.desc()).limit(LATEST))
    return rendering.page(
        "webhook",
        endpoint=endpoint,
        attempts=list(attempts),
        secret=secret,
        health=delinquency.told([endpoint.id]).get(endpoint.id),
        form=RollSecretForm(formdata=None),
    )
