"""A process of its own that plays one scene of Florin's and is struck at one point of it.

The points are each commit, each question to a bank, each wake-up and each webhook that is sent, once before
and once after it. The blow is the end of the process (`exit`), an exception that nobody expects (`raise`),
or a stop until the others have done their work (`hang`). Nothing of this is in the product: it is wired
around it here.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection
from typing import Any, Literal, NamedTuple, cast

from flask import Flask

from app import create_app
from config import load
from kit import bulk, database, jobs
from payments import bank, cases, treasury
from tests.failpoints.later_scenes import LATER_SCENES
from tests.failpoints.scenes import SCENES
from webhooks import attempts, claims, delivery

ALL_SCENES = SCENES | LATER_SCENES
Place = Literal["commit", "ask", "publish"]
Side = Literal["before", "after"]
Action = Literal["exit", "raise", "hang"]

STRUCK = 86  # the exit code of a process that was struck


class Point(NamedTuple):
    """The `number`th passage of a place, counted from 1, before or after it."""

    place: Place
    number: int
    side: Side


class Blow(Exception):
    """What no part of the house expects."""


@dataclass
class Watch:
    """Counts the passages and strikes at one of them."""

    pipe: Connection
    point: Point | None
    action: Action
    passages: Counter[str]

    def around(self, place: Place, act: Callable[[], Any]) -> Any:
        """Carry out what is watched."""
        self.passages[place] += 1
        number = self.passages[place]
        self.strike(Point(place, number, "before"))
        outcome = act()
        self.strike(Point(place, number, "after"))
        return outcome

    def strike(self, here: Point) -> None:
        """Strike where this is the point, and only once."""
        if here != self.point:
            return
        self.point = None
        match self.action:
            case "exit":
                os._exit(STRUCK)
            case "raise":
                raise Blow(str(here))
            case "hang":
                self.pipe.send("hangs")
                self.pipe.recv()


class Watched:
    """A line to a bank each of whose questions is a passage."""

    def __init__(self, inner: Any, watch: Watch) -> None:
        self.inner = inner
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if not callable(found):
            return found
        return lambda *given: self._watch.around("ask", lambda: found(*given))


@dataclass(frozen=True)
class Part:
    """What a process is to play, and where and how it is struck."""

    scene: str
    facts: dict[str, Any]
    point: Point | None
    action: Action


def ensemble(orders: Connection, variables: dict[str, str]) -> None:
    """Make the house once, and fork a player of it for each part that is ordered, with an address to talk to.

    Nothing is open before the fork: each player is a process with its own connections and threads. A pid is
    answered with how that player ended.
    """
    app = create_app(load(variables))
    while True:
        try:
            order: tuple[str, Part] | int = orders.recv()
        except EOFError:
            os._exit(0)
        if isinstance(order, int):
            orders.send(os.waitstatus_to_exitcode(os.waitpid(order, 0)[1]))
        elif pid := os.fork():
            orders.send(pid)
        else:
            orders.close()
            play(Client(order[0]), app, order[1])


def play(pipe: Connection, app: Flask, part: Part) -> None:
    """Play the scene in this process; tell through the pipe what came of it, and the passages by place."""
    watch = Watch(pipe, part.point, part.action, Counter())
    _watch(watch)
    try:
        outcome = ALL_SCENES[part.scene].act(app, part.facts)
    except Blow as blow:
        outcome = f"blown out: {blow}"
    pipe.send((outcome, dict(watch.passages)))
    pipe.close()
    os._exit(0)  # no thread of the courier's or of the jobs' may hold the process up


def _watch(watch: Watch) -> None:
    database.commit = _passage("commit", database.commit, watch)
    jobs.kick = _passage("publish", jobs.kick, watch)
    delivery.send = _passage("publish", delivery.send, watch)
    lines: tuple[dict[str, Any], ...] = (
        cast("dict[str, Any]", bank.acquirers),
        cast("dict[str, Any]", cases.desks),
        cast("dict[str, Any]", treasury.treasuries),
    )
    for known in lines:
        for name, line in list(known.items()):
            known[name] = Watched(line, watch)
    # These commit by themselves, each in one statement or one transaction.
    for module, name in ((claims, "claim"), (attempts, "record"), (bulk, "run")):
        setattr(module, name, _passage("commit", getattr(module, name), watch))


def _passage(place: Place, function: Callable[..., Any], watch: Watch) -> Callable[..., Any]:
    return lambda *given, **named: watch.around(place, lambda: function(*given, **named))
