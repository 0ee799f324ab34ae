"""The worker of an installation with Redis, and the periodic jobs that any worker runs.

`python worker.py` works off the queues of REDIS_URL until SIGTERM or Ctrl-C; as many may run as one
likes. Without Redis the gateway's own process does all this in threads (kit/jobs.py).
"""

import gc
import logging
import signal
import sys
import threading
from types import FrameType

import config
from app import create_app
from kit import jobs

BAD_START = 2  # the exit code of a part that cannot start with its settings


def main() -> int:
    """Work until told to end; return the exit code."""
    try:
        settings = config.load()
    except config.BadSetting as bad:
        sys.stderr.write(f"worker: {bad}\n")
        return BAD_START
    if not settings.redis_url:
        sys.stderr.write("worker: REDIS_URL is not set; without it the gateway does this work itself\n")
        return BAD_START
    logging.basicConfig(level="INFO", format="%(asctime)s %(name)s %(levelname)s %(message)s")
    told_to_end = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        told_to_end.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    create_app(settings)
    # What an app consists of stays for good: the collector need not look at it time and again.
    gc.collect()
    gc.freeze()
    running = jobs.in_force()
    if not settings.run_jobs_here:  # else create_app() has started them already
        running.start()
    logging.getLogger("florin.jobs").info("the worker works")
    told_to_end.wait()
    running.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
