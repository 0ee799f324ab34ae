"""Now and then an event is not put into the outbox."""

from typing import Any

from tests.chaos.defects.planting import Wrapper, each, wrap
from webhooks import outbox


def plant() -> None:
    wrap(outbox, "subscribe", _forgetting())


def _forgetting() -> Wrapper:
    hit = each(7)

    def wrapper(real: Any) -> Any:
        def subscribe(event: Any) -> None:
            if not hit():
                real(event)

        return subscribe

    return wrapper
