"""How Florin's commands show progress: to a person at a terminal, and not in a log."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar  # the name that click's own annotations use

Item = TypeVar("Item")


def progress(items: Iterable[Item], label: str) -> "ProgressBar[Item]":
    """Return a bar that goes forward with each item."""
    return click.progressbar(items, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())


def steps(length: int, label: str) -> "ProgressBar[int]":
    """Return a bar that goes forward by its own update()."""
    return click.progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())
