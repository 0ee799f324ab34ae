"""Reads the command line of `./run` and plays the command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from launcher import checks, environment, places, stack
from launcher.banner import banner
from launcher.children import ChildDied
from launcher.places import ROOT
from launcher.refusal import Refusal

USAGE = """\
./run                 serve: the gateway, two bank simulators, the Stripe CLI's listener and the worker;
                      Ctrl-C stops them
./run demo            play one purchase, against a running Florin or one of its own
./run test [--quick] [pytest's arguments]
                      lint and test everything; --quick leaves out browsers, loads and PostgreSQL
./run lint            ruff, import-linter and mypy alone
./run bench [--help]  measure, side by side with the floor, the limit, the naive handler and localstripe
./run chaos [--help]  payments under faults and kill -9 of every part, and a checker that asks what was lost
./run florin COMMAND  reconcile, doctor, settle, audit verify, contracts, scripts, words; --help tells more
./run --help          this

Environment: PORT (8000), BANK_PORT (8001), BANK2_PORT (BANK_PORT + 1000), CLI_PORT (PORT + 2000),
DATA_DIR (data), DATABASE_URL (SQLite in DATA_DIR), REDIS_URL (none: jobs run inside the gateway),
DEMO_SECRET_KEY (made at the first start), ACQUIRERS (piggy_bank,cuckoo_bank).
"""


STARTING = "Starting Florin; on a busy machine this takes half a minute ..."


class Stopped(BaseException):
    """A signal asked the launcher to end; no handler for ordinary errors may swallow it."""


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 0 done, 1 something failed, 2 this machine or its settings have to change."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise_stopped)
    try:
        return _play(list(arguments))
    except Refusal as refusal:
        print(f"florin: {refusal}", file=sys.stderr)
        return 2
    except ChildDied as death:
        print(f"florin: {death}", file=sys.stderr)
        return 1
    except Stopped:
        return 0


def _play(arguments: list[str]) -> int:
    command, rest = (arguments[0], arguments[1:]) if arguments else ("serve", [])
    if command in {"-h", "--help", "help"}:
        print(USAGE, end="")
        return 0
    if command == "test":
        return checks.test(_python(environment.TESTING), rest)
    if command == "bench":
        return _run_module("bench", environment.TESTING, rest)
    if command == "chaos":
        return _chaos(rest)
    if command == "florin":
        return _florin(rest)
    if rest:
        raise Refusal(f"`./run {command}` takes no arguments; see ./run --help")
    if command == "serve":
        return _serve()
    if command == "demo":
        return _demo()
    if command == "lint":
        return checks.lint(_python(environment.TESTING))
    raise Refusal(f"there is no command `{command}`; see ./run --help")


def _serve() -> int:
    if sys.stderr.isatty():  # for whoever waits; in a script's log a refusal stays one line
        print(STARTING, file=sys.stderr, flush=True)
    place = places.from_environment(os.environ)
    with stack.running(place, os.environ) as florin:
        print(banner(florin.demo, place.logs), flush=True)
        florin.watch()
    return 0


def _demo() -> int:
    """Uses the instance that demo.json names where it answers, else starts one for the length of the demo."""
    place = places.from_environment(os.environ)
    if place.demo_file.is_file() and stack.is_healthy(f"{place.base_url}/health"):
        return _run_module("demo", environment.SERVING, [str(place.demo_file)])
    print("No Florin runs here; starting one for the demo.", flush=True)
    with stack.running(place, os.environ):
        return _run_module("demo", environment.SERVING, [str(place.demo_file)])


def _florin(arguments: list[str]) -> int:
    """Runs Florin's own commands on this place's data, whether it serves at the moment or not."""
    place = places.from_environment(os.environ)
    places.require_writable(place.data_dir)
    python = environment.ensure(environment.SERVING, place.data_dir)
    command = [str(python), "-m", "cli", *arguments]
    variables = stack.variables_of(place, {**stack.addresses_of_banks(place), **os.environ})
    return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode


def _chaos(arguments: list[str]) -> int:
    """Runs campaigns; one that is broken off is given the time to end the processes that it has started."""
    child = subprocess.Popen([str(_python(environment.TESTING)), "-m", "tests.chaos", *arguments], cwd=ROOT)
    try:
        return child.wait()
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            child.wait()


def _run_module(module: str, lock_name: str, arguments: list[str]) -> int:
    command = [str(_python(lock_name)), "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _python(lock_name: str) -> Path:
    return environment.ensure(lock_name, places.data_dir(os.environ))


def _raise_stopped(number: int, _frame: FrameType | None) -> None:
    """SIGINT, SIGTERM and SIGHUP alike unwind to main(); all that was started is ended on the way."""
    raise Stopped(number)
