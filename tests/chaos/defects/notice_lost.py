"""Some notices of the bank's are answered and thrown away, and not missed when the list is read again."""

import hashlib
from typing import Any

from payments.notices import BankNotice
from tests.chaos.defects.planting import wrap


def plant() -> None:
    def wrapper(real: Any) -> Any:
        def take_in(acquirer: str, notice_id: str, kind: str, subject: str) -> Any:
            if hashlib.blake2b(notice_id.encode()).digest()[0] % 3:
                return real(acquirer, notice_id, kind, subject)
            return None

        return take_in

    wrap(BankNotice, "take_in", wrapper)
