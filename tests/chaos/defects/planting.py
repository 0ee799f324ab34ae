"""How a defect gets into Florin: a function of its is wrapped, in a process that the harness started."""

import itertools
from collections.abc import Callable
from typing import Any

Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]


def wrap(owner: Any, name: str, wrapper: Wrapper) -> None:
    """Puts what `wrapper` makes of `owner.name` in its place."""
    setattr(owner, name, wrapper(getattr(owner, name)))


def each(number: int) -> Callable[[], bool]:
    """True at every so many calls: a defect that shows always would be found by any test."""
    counter = itertools.count(1)
    return lambda: next(counter) % number == 0
