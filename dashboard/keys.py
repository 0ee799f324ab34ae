"""API keys: what each ends with and until when it works; a new one is shown once."""

from sqlalchemy import select

from dashboard import edge, rendering
from dashboard.edge import Body
from dashboard.forms import RollForm
from kit import clock
from kit.database import db
from payments.merchants import ApiKey, KeyKind, key_prefix
from payments.scope import caller

MOST_SHOWN = 50


@edge.page("/keys")
def keys() -> Body:
    """List the keys of the present mode."""
    return _shown(fresh=None)


@edge.action("/keys/<key_id>/roll", refused=edge.back_to("keys"))
def roll_key(key_id: str) -> Body:
    """Give a key a successor and show it; the old one works until its grace period is over."""
    key = ApiKey.of(caller().account_id, key_id)
    _, plain = key.roll(grace_seconds=RollForm().seconds(key.version))
    return _shown(fresh=plain)


def _shown(*, fresh: str | None) -> str:
    who = caller()
    query = select(ApiKey).where(ApiKey.account_id == who.account_id, ApiKey.livemode == who.livemode)
    found = list(db.session.scalars(query.order_by(ApiKey.id.desc()).limit(MOST_SHOWN)))
    collected = [row for row in db.session.new if isinstance(row, ApiKey)]
    return rendering.page(
        "keys",
        keys=[*collected, *found],
        fresh=fresh,
        form=RollForm(formdata=None),
        prefix=lambda key: key_prefix(KeyKind(key.kind), livemode=key.livemode),
        now=clock.now(),
    )
