"""A pool of daemon threads. The standard library's pool holds up the end of the process until its last
task is done, and a task that waits for someone else's server may take its time.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

Task = tuple[Callable[..., None], tuple[Any, ...]]


class DaemonPool:
    """Runs tasks in up to `size` threads, started as they are needed; tasks must not raise."""

    def __init__(self, size: int, *, name: str) -> None:
        self._size = size
        self._name = name
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []

    def submit(self, function: Callable[..., None], *arguments: Any) -> None:
        """Run the function in a thread of the pool, as soon as one is free. Called by one thread only."""
        self._tasks.put((function, arguments))
        if not self._idle.acquire(blocking=False) and len(self._threads) < self._size:
            thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Let the threads end after what they do now; wait for none of them."""
        for _ in self._threads:
            self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            function, arguments = task
            function(*arguments)
            self._idle.release()
