"""What the web server loads."""

import gc
import sys
from typing import Any

# The SDK and the Redis client load these wherever they are installed: 14 MiB in each process for ways to send
# requests of which Florin uses none (payments/acquirers/stripe_line.py). None stands for no such module.
UNUSED = ("aiohttp", "requests")
modules: dict[str, Any] = sys.modules
for name in UNUSED:
    modules.setdefault(name, None)

from app import create_app  # noqa: E402 - what it imports looks for those

app = create_app()

# What is loaded by now stays for good: the collector need not walk through it again and again.
gc.collect()
gc.freeze()
