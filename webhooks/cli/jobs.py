"""The wiring of the Stripe CLI's protocol into events, and its clockwork."""

from kit import clock
from kit.bulk import delete_where
from payments import events
from webhooks import resend
from webhooks.cli import messages, post
from webhooks.cli.logins import CliLogin

# (seconds between runs, dotted path)
SWEEPS: tuple[tuple[float, str], ...] = ((10.0, "webhooks.cli.jobs.sweep"),)


def connect() -> None:
    """Let events find who listens. The lists are the process's and get the function once."""
    if messages.subscribe not in events.subscribers:
        events.subscribers.append(messages.subscribe)
    if messages.subscribe not in resend.to_listeners:
        resend.to_listeners.append(messages.subscribe)


def sweep() -> None:
    """Forget sessions, messages and logins that are over."""
    post.sweep()
    delete_where(CliLogin, CliLogin.expires_at <= clock.now())
