"""How many requests a process works on at a time; whoever waits for somebody outside lets another one in.

Threads that all want the interpreter take it from each other at every read and write, and each change costs a
wake-up and a cold cache: with sixteen at work, a confirmation took a third more processor time than with two.
"""

import queue
import threading
from types import TracebackType

from kit import crew


class Admission:
    """So many places; a thread has one while it is inside. A place is asked for once, never inside of one."""

    def __init__(self, places: int) -> None:
        self._free: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(places):
            self._free.put(None)

    def __enter__(self) -> None:
        self.enter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def enter(self) -> None:
        """Wait for a place and take it."""
        self._free.get()
        _thread.inside = self

    def leave(self) -> None:
        """Give the place to whoever waits for one."""
        _thread.inside = None
        self._free.put(None)


class Outside:
    """A wait for somebody else: the thread's place, if it has one, is another's meanwhile.

    No connection to the database is held and no lock, or those who come in would wait for them.
    """

    def __init__(self) -> None:
        self._left: Admission | None = None

    def __enter__(self) -> None:
        self._left = _thread.inside
        if self._left is not None:
            self._left.leave()
            crew.leave()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._left is not None:
            crew.come_back()
            self._left.enter()


class _Thread(threading.local):
    """What one thread is inside of."""

    inside: Admission | None = None


_thread = _Thread()
