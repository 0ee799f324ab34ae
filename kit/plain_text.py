"""Text that somebody else wrote, made unable to lay out anything but itself.

Escaping keeps a text from being markup; these keep it from turning the letters around it, such as an amount,
the other way round (UTS 55, and CVE-2021-42574 for what comes of it in source code).
"""

import re
from typing import Any

# Embeddings and overrides, which reach beyond their own text until somebody ends them; where there are
# isolates, nothing needs them. The marks (U+200E, U+200F, U+061C) turn nothing round and stand in amounts.
OVERRIDES = re.compile("[\u202a-\u202e]")
ISOLATES = re.compile("[\u2066-\u2069]")
END = "\u2069"


def unsteered(text: str) -> str:
    """Return a text without what would steer its neighbours: overrides, and isolates that are not closed."""
    if text.isascii():
        return text
    plain = OVERRIDES.sub("", text)
    return plain if _closed(plain) else ISOLATES.sub("", plain)


def shown(value: Any) -> Any:
    """Return what a template is about to show: text unsteered, markup and all else as it is."""
    return unsteered(value) if type(value) is str else value


def one_line(text: str, most: int = 200) -> str:
    """Return a text for a mail's head: one line of printable letters, not too long."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in unsteered(text)).split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def _closed(text: str) -> bool:
    depth = 0
    for mark in ISOLATES.findall(text):
        depth += -1 if mark == END else 1
        if depth < 0:
            return False
    return depth == 0
