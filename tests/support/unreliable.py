"""An acquirer whose line fails as a test has planned it; what it does ask, it asks the real bank."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from payments.bank import (
    Acquirer,
    Answer,
    Authorize,
    Capture,
    Initiate,
    Question,
    Refund,
    Return,
    Unknown,
    Void,
)

Step = Callable[[Callable[[], Answer]], Answer]


def through(ask: Callable[[], Answer]) -> Answer:
    """The line works."""
    return ask()


def lost_answer(ask: Callable[[], Answer]) -> Answer:
    """The bank acts, and its answer never comes back."""
    ask()
    return Unknown("timeout: the answer was lost")


def lost_question(_: Callable[[], Answer]) -> Answer:
    """The question may have been sent; the bank never sees it."""
    return Unknown("timeout: the question was lost")


def says(answer: Answer) -> Step:
    """Whatever the bank would say, this is what arrives, and the bank is not asked."""
    return lambda _: answer


def dies_before_the_question(_: Callable[[], Answer]) -> Answer:
    """Florin's process ends after its claim was committed, before the bank heard of it."""
    raise PowerCut


def dies_before_the_record(ask: Callable[[], Answer]) -> Answer:
    """Florin's process ends after the bank has acted, before anything of it was written."""
    ask()
    raise PowerCut


class PowerCut(BaseException):
    """No handler of the house sees the end of its own process."""


@dataclass
class Unreliable:
    """Behaves by plan, then reliably; `asked` holds every question in turn, look-ups as their reference."""

    inner: Acquirer
    name: str
    plan: deque[Step] = field(default_factory=deque)
    asked: list[Question | str] = field(default_factory=list)

    def expect(self, *steps: Step) -> None:
        self.plan.extend(steps)

    def _step(self, question: Question | str, ask: Callable[[], Answer]) -> Answer:
        self.asked.append(question)
        return (self.plan.popleft() if self.plan else through)(ask)

    def authorize(self, question: Authorize) -> Answer:
        return self._step(question, lambda: self.inner.authorize(question))

    def initiate(self, question: Initiate) -> Answer:
        return self._step(question, lambda: self.inner.initiate(question))

    def capture(self, question: Capture) -> Answer:
        return self._step(question, lambda: self.inner.capture(question))

    def refund(self, question: Refund) -> Answer:
        return self._step(question, lambda: self.inner.refund(question))

    def void(self, question: Void) -> Answer:
        return self._step(question, lambda: self.inner.void(question))

    def read_return(self, reference: str, token: str) -> Return:
        return self.inner.read_return(reference, token)

    def look_up(self, reference: str) -> Answer:
        return self._step(reference, lambda: self.inner.look_up(reference))
