"""An idempotency key is taken for a new one each time it comes."""

import secrets
from typing import Any

from merchant_api import idempotency
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def claim(who: Any, key: str, asked: str) -> Any:
            return real(who, f"{key}-{secrets.token_hex(8)}", asked)

        return claim

    wrap(idempotency, "claim", wrapper)
