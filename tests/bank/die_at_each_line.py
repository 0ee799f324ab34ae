"""A program: does each operation again and again, dying at the next line of the bank's code each time.

A fork that leaves by os._exit runs no `finally`, no `except` and no rollback: to the database it is what
kill -9 is. After each death the same request is sent again, as Florin would, and has to be answered as
if nothing had happened. Takes a folder and a stride (1 for every line, as before a release; the suite
spares its readers some seconds) and prints how many lines each operation has.
"""

import itertools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import event

import bank_simulator
from bank_simulator.issuer import Limits
from tests.bank.support import Caller, assert_the_books_agree, sqlite_in

# The rooms between a request's form and its answer: all that touches the database.
ROOMS = {"storage.py", "group_commit.py", "journal.py", "authorizations.py", "operations.py", "issuer.py"}
HOME = Path(bank_simulator.__file__).parent
DIED = 9


def die_at(line: int) -> Callable[[FrameType, str, Any], Any]:
    """A trace function that ends the process when the bank is about to run its `line`-th line."""
    lines = itertools.count(1)
    watched = {str(HOME / room) for room in ROOMS}

    def trace(frame: FrameType, event: str, _value: object) -> Any:
        if frame.f_code.co_filename not in watched:
            return None
        if event == "line" and next(lines) == line:
            os._exit(DIED)
        return trace

    return trace


def dies(caller: Caller, operation: Callable[[], object], line: int) -> bool:
    """Runs the operation in a fork; False once it has fewer lines than `line` and so came to its end."""
    caller.storage.close()  # a connection to SQLite must not be carried across a fork
    child = os.fork()
    if child == 0:
        sys.settrace(die_at(line))
        operation()
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (0, DIED):
        raise AssertionError(f"the operation itself failed (exit code {code})")
    return code == DIED


def whole_or_nothing(caller: Caller, authorization: str, reference: str) -> None:
    """What the journal says and what the books say went to the disk together, or not at all."""
    entry = caller.get(f"/v1/operations/{reference}")
    books = caller.get(f"/v1/authorizations/{authorization}").get_json()
    done = entry.status_code == 200
    match reference.split("_", maxsplit=1)[0]:
        case "ref":
            assert done == ("error" not in books)
        case "cap":
            assert done == (books["captured_minor"] > 0)
        case "refund":
            assert done == (books["refunded_minor"] > 0)
        case "void":
            assert done == books["voided"]


def without_fsync(connection: Any, _record: object) -> None:
    """Waiting for the disk guards against the loss of power alone, and makes hundreds of deaths slow."""
    connection.execute("PRAGMA synchronous=OFF").close()


def main(folder: Path, stride: int) -> None:
    caller = Caller(sqlite_in(folder))
    event.listen(caller.storage.engine, "connect", without_fsync)
    for name in ("ref", "cap", "refund", "void"):
        for line in itertools.count(1, stride):
            # Each death has an authorisation of its own, so that nothing hides behind an earlier one.
            authorization = f"ref_{name}_{line}"
            if name != "ref":
                caller.authorize(authorization, capture=name == "refund")
            operations: dict[str, Callable[[], dict[str, Any]]] = {
                "ref": lambda a=authorization: caller.authorize(a, capture=False),  # type: ignore[misc]
                "cap": lambda a=authorization, n=line: caller.capture(a, f"cap_{n}", 300),  # type: ignore[misc]
                "refund": lambda a=authorization, n=line: caller.refund(a, f"refund_{n}", 300),  # type: ignore[misc]
                "void": lambda a=authorization, n=line: caller.void(a, f"void_{n}"),  # type: ignore[misc]
            }
            died = dies(caller, operations[name], line)
            whole_or_nothing(caller, authorization, authorization if name == "ref" else f"{name}_{line}")
            answer = operations[name]()
            assert answer["outcome"] == ("voided" if name == "void" else "approved"), answer
            if not died:
                print(name, line)  # noqa: T201 -- a program's answer to the test that runs it
                break
    assert_the_books_agree(caller.storage, Limits().balance_minor)
    caller.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
