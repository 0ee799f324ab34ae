"""The body of a delivery: the event as the endpoint's API version has it.

What changed between versions is known on a floor above; app.py puts it into `bridges`.
"""

from collections.abc import Callable
from typing import Any

import orjson
import stripe

from payments.events import Event
from payments.scope import acting_as, system

# Each takes a tree at the pinned version, and returns it as an older version has it.
bridges: list[Callable[[Any, str], Any]] = []


def body(event: Event, version: str | None) -> bytes:
    """Return the event's JSON; no version is the pinned one."""
    if version is None or version == stripe.api_version:
        # The snapshot is JSON already, and goes out as it was written.
        return orjson.dumps(event.as_stripe(orjson.Fragment(event.data)))
    tree = event.as_stripe() | {"api_version": version}
    # What the pinned version only names and an older one shows is looked up, on the account's own behalf.
    with acting_as(system(event.account_id, livemode=event.livemode)):
        for bridge in bridges:
            tree = bridge(tree, version)
    return orjson.dumps(tree)
