"""A session that was complete and unpaid does not tell what became of its payment."""

from typing import Any

from payments.hosted.checkout_sessions import CheckoutSession
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def tell(self: CheckoutSession, word: str) -> None:
            if not word.startswith("async_payment_"):
                real(self, word)

        return tell

    wrap(CheckoutSession, "_tell", wrapper)
