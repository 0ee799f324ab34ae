"""The one clock: whole unix seconds, as every `created` on the wire."""

import time


def now() -> int:
    """Return the present time in whole seconds since 1970, UTC."""
    return int(time.time())
