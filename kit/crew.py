"""The threads of a server: a few take requests, the others rest until one of them waits for somebody outside.

A server starts another thread wherever a request would wait for one. Each thread that takes requests wants
the interpreter at once and so interrupts whoever has it: with eight of them a status read cost a third more
than with two. How many are at work is kit/admission.py's matter; this is about who comes for work at all.
"""

from __future__ import annotations

import _thread
import threading

# A resting thread looks for work by itself now and then, so that a thread that nobody woke, for whatever
# reason, costs time and nothing else.
REST_SECONDS = 5.0


class Crew:
    """The threads of one process; at most so many take requests. `taking` counts those, busy or not."""

    def __init__(self, most: int, *, rest_seconds: float = REST_SECONDS) -> None:
        self._most = most
        self._rest_seconds = rest_seconds
        self.taking = 0
        self._resting: list[_thread.LockType] = []
        self._guard = threading.Lock()

    def take(self) -> None:
        """Say that this thread has taken a request; the first time, it becomes one of the crew."""
        if _own.membership is None:
            self._back()
            _own.membership = _Membership(self)

    def rest(self) -> None:
        """Say that the request is answered: return at once, or once another thread is wanted."""
        if self.taking <= self._most:
            return
        bed = _thread.allocate_lock()
        bed.acquire()
        with self._guard:
            if self.taking <= self._most:
                return
            self.taking -= 1
            self._resting.append(bed)
        if not bed.acquire(timeout=self._rest_seconds):
            with self._guard:
                if bed in self._resting:  # else it was woken in this very moment, and counted
                    self._resting.remove(bed)
                    self.taking += 1

    def _away(self) -> None:
        """One less takes requests; whoever rested last, and is still warm, takes them instead."""
        with self._guard:
            self.taking -= 1
            if self._resting and self.taking < self._most:
                self.taking += 1
                self._resting.pop().release()

    def _back(self) -> None:
        with self._guard:
            self.taking += 1


class _Membership:
    """A thread's part in a crew, which ends with the thread: a server lets idle ones go."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._is_away = False

    def leave(self) -> None:
        self._is_away = True
        self._crew._away()  # noqa: SLF001 - what only a member may say

    def come_back(self) -> None:
        self._is_away = False
        self._crew._back()  # noqa: SLF001 - as above

    def __del__(self) -> None:
        if not self._is_away:
            self._crew._away()  # noqa: SLF001 - as above


class _Own(threading.local):
    """What one thread is part of."""

    membership: _Membership | None = None


_own = _Own()


def leave() -> None:
    """Say that this thread, if it is one of a crew, now waits for somebody outside."""
    if _own.membership is not None:
        _own.membership.leave()


def come_back() -> None:
    """Say that its wait is over."""
    if _own.membership is not None:
        _own.membership.come_back()
