"""What may stand on a card holder's statement (Stripe's rules for statement descriptors)."""

import re
from typing import Any

from payments.errors import InvalidRequest

LONGEST = 22
FORBIDDEN = re.compile(r"[<>\\'\"*]")
LETTER = re.compile(r"[A-Za-z]")
NAMES = ("statement_descriptor", "statement_descriptor_suffix")


def check_descriptors(params: dict[str, Any], within: str = "") -> None:
    """Refuse a descriptor that no bank would print; `within` is the parameter that holds them."""
    for name in NAMES:
        text = params.get(name)
        if not text:
            continue
        param = f"{within}[{name}]" if within else name
        if len(text) > LONGEST:
            raise InvalidRequest(
                f"The statement descriptor must be at most {LONGEST} characters.", param=param
            )
        if FORBIDDEN.search(text) or not text.isascii() or not text.isprintable():
            raise InvalidRequest(
                "The statement descriptor contains characters that are not supported: < > \\ ' \" * and any "
                "outside of plain ASCII.",
                code="invalid_characters",
                param=param,
            )
        if LETTER.search(text) is None:
            raise InvalidRequest("The statement descriptor must contain at least one letter.", param=param)
