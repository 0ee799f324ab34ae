"""What an e-mail address must at least look like; whether it exists, only a letter can tell."""

import re

from payments.errors import InvalidRequest

SHAPE = re.compile(r"[^\s@,;:<>()\[\]\\\"\x00-\x1f\x7f]{1,64}@[^\s@,;:<>()\[\]\\\"\x00-\x1f\x7f]{1,255}")
SHOWN_CHARS = 100


def is_email(address: str) -> bool:
    """Tell whether it may be an address."""
    return SHAPE.fullmatch(address) is not None


def check_email(address: str | None, param: str) -> None:
    """Refuse what is no address; None and the empty string unset one."""
    if address and not is_email(address):
        raise InvalidRequest(
            f"Invalid email address: {address[:SHOWN_CHARS]}", code="email_invalid", param=param
        )
