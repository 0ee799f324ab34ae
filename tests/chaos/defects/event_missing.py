"""Now and then a charge succeeds without an event."""

from typing import Any

from payments import events
from tests.chaos.defects.planting import Wrapper, each, wrap


def plant() -> None:
    wrap(events, "record", _forgetting())


def _forgetting() -> Wrapper:
    hit = each(5)

    def wrapper(real: Any) -> Any:
        def record(event_type: str, *arguments: Any, **more: Any) -> Any:
            if event_type == "charge.succeeded" and hit():
                return None
            return real(event_type, *arguments, **more)

        return record

    return wrapper
