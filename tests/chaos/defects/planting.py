"""How a defect gets into Florin: a function of its is wrapped, in a process that the harness started."""

import importlib
import itertools
import os
from collections.abc import Callable
from typing import Any

Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]


def serve() -> int:
    """A gateway with the defects that FLORIN_DEFECTS names, planted when all is imported and nothing made."""
    return _with_defects("serve")


def worker() -> int:
    """A worker with those defects."""
    return _with_defects("worker")


def _with_defects(module: str) -> int:
    importlib.import_module("app")
    for name in os.environ["FLORIN_DEFECTS"].split(","):
        importlib.import_module(f"tests.chaos.defects.{name}").plant()
    ended: int = importlib.import_module(module).main()
    return ended


def wrap(owner: Any, name: str, wrapper: Wrapper) -> None:
    """Puts what `wrapper` makes of `owner.name` in its place."""
    setattr(owner, name, wrapper(getattr(owner, name)))


def each(number: int) -> Callable[[], bool]:
    """True at every so many calls: a defect that shows always would be found by any test."""
    counter = itertools.count(1)
    return lambda: next(counter) % number == 0
