"""Chaos for testers: an endpoint of test mode may ask for what the internet does to webhooks now and then.

Deliveries come twice, late, out of order, or only after some attempts were lost, yet none is lost for good.
The n-th event since the chaos began meets the same fate in every run with the same seed.
"""

from random import Random
from typing import Any

from kit.ids import new_id
from payments.errors import InvalidRequest
from webhooks.schedule import TEST_DELAYS_SECONDS

# (parameter, least, most). `drop_first` leaves each delivery one attempt at least.
LIMITS: tuple[tuple[str, int, int], ...] = (
    ("seed", 0, 2**53),
    ("duplicate_percent", 0, 100),
    ("reorder_percent", 0, 100),
    ("delay_seconds", 0, 3600),
    ("drop_first", 0, len(TEST_DELAYS_SECONDS)),
)
# What is put out of order, and the second of two, is held back for some of these seconds.
HELD_BACK_SECONDS = (1, 5)
DROPPED = "chaos"  # the reason of an attempt that was never made


def settings(given: dict[str, Any]) -> dict[str, Any]:
    """Return an endpoint's chaos from what the merchant has given; raises InvalidRequest."""
    chosen: dict[str, Any] = {}
    for name, least, most in LIMITS:
        value = given.get(name, 0)
        if not least <= value <= most:
            message = f"This value must be between {least} and {most}."
            raise InvalidRequest(message, code="parameter_invalid_integer", param=name)
        chosen[name] = value
    # Deliveries with later ids are counted from here on.
    return chosen | {"since": new_id("whd_")}


def shown(chaos: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return an endpoint's chaos as the merchant reads it."""
    return None if chaos is None else {name: chaos[name] for name, _, _ in LIMITS}


def delays_seconds(chaos: dict[str, Any], number: int) -> list[int]:
    """Return when the n-th event is due, in seconds from now: once, or twice for a duplicate."""
    dice = Random(f"{chaos['seed']}:{number}")  # noqa: S311 - to be reproduced, not to be secret
    reordered = dice.randrange(100) < chaos["reorder_percent"]
    duplicated = dice.randrange(100) < chaos["duplicate_percent"]
    first = chaos["delay_seconds"] + (dice.randint(*HELD_BACK_SECONDS) if reordered else 0)
    second = first + dice.randint(*HELD_BACK_SECONDS)
    return [first, second] if duplicated else [first]


def drops(chaos: dict[str, Any] | None, attempts: int) -> bool:
    """Tell whether a delivery's next attempt is lost on its way."""
    return chaos is not None and attempts < int(chaos["drop_first"])
