"""What the web server loads."""

import gc

from app import create_app

app = create_app()

# What is loaded by now stays for good: the collector need not walk through it again and again.
gc.collect()
gc.freeze()
