"""Now and then a transition leaves no audit row."""

from typing import Any

from payments import audit
from tests.chaos.defects.planting import Wrapper, each, wrap


def plant() -> None:
    wrap(audit, "record", _forgetting())


def _forgetting() -> Wrapper:
    hit = each(5)

    def wrapper(real: Any) -> Any:
        def record(action: str, *arguments: Any, **details: Any) -> None:
            if action != "payment_intent.succeeded" or not hit():
                real(action, *arguments, **details)

        return record

    return wrapper
