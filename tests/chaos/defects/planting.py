"""How a defect gets into Florin: a function of its is wrapped, in a process that the harness started."""

import importlib
import itertools
import os
from collections.abc import Callable
from typing import Any

Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]


def serve() -> int:
    """A gateway with the defect that FLORIN_DEFECT names, planted when all is imported and nothing made."""
    return _with_defect("serve")


def worker() -> int:
    """A worker with that defect."""
    return _with_defect("worker")


def _with_defect(module: str) -> int:
    importlib.import_module("app")
    importlib.import_module(f"tests.chaos.defects.{os.environ['FLORIN_DEFECT']}").plant()
    ended: int = importlib.import_module(module).main()
    return ended


def wrap(owner: Any, name: str, wrapper: Wrapper) -> None:
    """Puts what `wrapper` makes of `owner.name` in its place."""
    setattr(owner, name, wrapper(getattr(owner, name)))


def each(number: int) -> Callable[[], bool]:
    """True at every so many calls: a defect that shows always would be found by any test."""
    counter = itertools.count(1)
    return lambda: next(counter) % number == 0
