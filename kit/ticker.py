"""A thread that runs functions periodically: what has to happen even if nobody asks for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

logger = logging.getLogger("florin.jobs")

Sweep = tuple[float, str]  # seconds between two runs, dotted path of a function without arguments


class Ticker:
    """Calls `run(seconds, path)` for each sweep when it is due: first after one period, then each period."""

    def __init__(self, sweeps: Sequence[Sweep], run: Callable[[float, str], None]) -> None:
        self._run = run
        self._sweeps = list(sweeps)
        self._due: list[float] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to tick."""
        now = time.perf_counter()
        self._due = [now + seconds for seconds, _ in self._sweeps]
        if self._sweeps:
            self._thread = threading.Thread(target=self._tick_until_stopped, name="ticker", daemon=True)
            self._thread.start()

    def stop(self, *, wait_seconds: float = 10.0) -> None:
        """End the thread, after the sweep that may be running."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(wait_seconds)

    def run_due(self, now: float) -> float:
        """Run what is due at `now`; return when the next sweep is due."""
        for position, (seconds, path) in enumerate(self._sweeps):
            if self._due[position] <= now and not self._stop.is_set():
                self._due[position] = now + seconds
                try:
                    self._run(seconds, path)
                except Exception:
                    # One sweep's trouble (a database restarting, say) must not end all the others for good.
                    logger.exception("sweep %s failed; it runs again in %s seconds", path, seconds)
        return min(self._due)

    def _tick_until_stopped(self) -> None:
        wait_seconds = 0.0
        while not self._stop.wait(wait_seconds):
            wait_seconds = max(0.0, self.run_due(time.perf_counter()) - time.perf_counter())
