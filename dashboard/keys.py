"""API keys: made, rolled with a grace period, revoked; each is shown once, in the answer that made it."""

from flask import request, url_for

from dashboard import confirming, edge, rendering
from dashboard.edge import Body, Onward
from dashboard.forms import CHANGED, KeyForm, RollForm
from dashboard.lists import listing
from kit import clock
from payments.errors import InvalidRequest, StripeError
from payments.merchants import ApiKey

REVOKED = "The key {} is revoked. Whoever uses it is refused, everywhere within some seconds."
UNSURE = "Tick the box to say that nothing uses this key any more. Nothing was changed."


@edge.page("/keys")
def keys() -> Body:
    """List the keys of the present mode, with a form for another."""
    return _list(KeyForm(formdata=None))


def _typed_again(refusal: StripeError) -> Body:
    """Show the list with what was typed, and why it can't be."""
    form = KeyForm()
    form.key_id.data = KeyForm(formdata=None).key_id.data  # the other may be used up
    return _list(form, problem=refusal.message), refusal.status


@edge.action("/keys", refused=_typed_again)
def add_key() -> Body:
    """Make a key and show it, this once."""
    confirming.require()
    key, plain = KeyForm().create()
    return _key(key, plain=plain)


@edge.page("/keys/<key_id>")
def key(key_id: str) -> Body:
    """Show one key, with what can be done to it."""
    return _key(ApiKey.find(key_id))


@edge.action("/keys/<key_id>/roll", refused=edge.back_to("key", "key_id"))
def roll_key(key_id: str) -> Body:
    """Give a key a successor and show it; the old one works until its grace period is over."""
    confirming.require()
    old = ApiKey.find(key_id)
    successor, plain = old.roll(grace_seconds=RollForm().seconds(old.version))
    return _key(successor, plain=plain, old=old)


@edge.action("/keys/<key_id>/revoke", refused=edge.back_to("key", "key_id"))
def revoke_key(key_id: str) -> Body:
    """End a key at once, also one that is in its grace period."""
    confirming.require()
    found = ApiKey.find(key_id)
    if request.form.get("version") != str(found.version):
        raise InvalidRequest(CHANGED, code="page_outdated")
    if request.form.get("sure") != "yes":
        raise InvalidRequest(UNSURE, code="not_confirmed", param="sure")
    found.revoke()
    return Onward(url_for("dashboard.keys"), REVOKED.format(found.masked))


def _list(form: KeyForm, problem: str | None = None) -> str:
    return rendering.page(
        "keys",
        page=listing(ApiKey),
        form=form,
        problem=problem,
        now=clock.now(),
        asks_password=not confirming.is_recent(),
    )


def _key(shown: ApiKey, *, plain: str | None = None, old: ApiKey | None = None) -> str:
    return rendering.page(
        "key",
        key=shown,
        plain=plain,
        old=old,
        form=RollForm(formdata=None),
        now=clock.now(),
        asks_password=not confirming.is_recent(),
    )
