"""The threads of a server: a few take requests, the others rest until one of them waits for somebody outside.

A server starts another thread wherever a request would wait for one. Each thread that takes requests wants
the interpreter at once and so interrupts whoever has it: with eight of them a status read cost a third more
than with two. How many are at work is kit/admission.py's matter; this is about who comes for work at all.
"""

from __future__ import annotations

import _thread
import threading
import time

# A resting thread looks for work by itself now and then, so that a thread that nobody woke, for whatever
# reason, costs time and nothing else.
REST_SECONDS = 5.0
# A client whose body takes longer than this is waited for as somebody outside is.
SLOW_SECONDS = 0.1


class Crew:
    """The threads of one process; at most so many take requests. `taking` counts those, busy or not."""

    def __init__(self, most: int, *, rest_seconds: float = REST_SECONDS) -> None:
        self._most = most
        self._rest_seconds = rest_seconds
        self.taking = 0
        self._resting: list[_thread.LockType] = []
        self._guard = threading.Lock()
        self._listening: dict[_Membership, float] = {}
        self._watch: threading.Thread | None = None

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

    def _listen(self, member: _Membership) -> None:
        """Watch how long a member listens to its client."""
        self._listening[member] = time.monotonic()
        if self._watch is None:
            with self._guard:
                if self._watch is None:
                    self._watch = threading.Thread(target=self._watch_on, name="slow clients", daemon=True)
                    self._watch.start()

    def _heard(self, member: _Membership) -> None:
        with self._guard:
            del self._listening[member]
        if member.is_away:
            member.come_back()

    def _watch_on(self) -> None:
        while True:
            time.sleep(SLOW_SECONDS)
            self._let_others_stand_in()

    def _let_others_stand_in(self) -> None:
        """In a function of its own: nothing may keep a member whose thread has ended."""
        since = time.monotonic() - SLOW_SECONDS
        # A copy is made in one go; a list of the items may meet a member that begins to listen meanwhile.
        for member, began in self._listening.copy().items():
            with self._guard:
                if began < since and member in self._listening and not member.is_away:
                    member.is_away = True
                    self._stand_in()

    def _away(self) -> None:
        with self._guard:
            self._stand_in()

    def _stand_in(self) -> None:
        """One less takes requests; whoever rested last, and is still warm, takes them instead."""
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
        self.crew = crew
        self.is_away = False

    def leave(self) -> None:
        self.is_away = True
        self.crew._away()  # noqa: SLF001 - what only a member may say

    def come_back(self) -> None:
        self.is_away = False
        self.crew._back()  # noqa: SLF001 - as above

    def __del__(self) -> None:
        if not self.is_away:
            self.crew._away()  # noqa: SLF001 - as above


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


def listen() -> None:
    """Say that this thread now listens to its client; one that is slow is waited for as somebody outside."""
    if _own.membership is not None:
        _own.membership.crew._listen(_own.membership)  # noqa: SLF001 - what only a member may say


def heard() -> None:
    """Say that it has heard its client out, or knows that it never will."""
    if _own.membership is not None:
        _own.membership.crew._heard(_own.membership)  # noqa: SLF001 - as above
