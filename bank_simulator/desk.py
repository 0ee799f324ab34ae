"""What every counter has at hand: the bank, a caller's body, and one answer for each reference."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Response, current_app, request
from sqlalchemy import Connection

from bank_simulator import forms, journal
from bank_simulator.clock import BankClock
from bank_simulator.config import BankSettings
from bank_simulator.errors import InvalidRequest, ReferenceReused
from bank_simulator.journal import Entry, Stamp
from bank_simulator.notices import Messenger
from bank_simulator.schedule import Clockwork
from bank_simulator.storage import Storage


class Form(Protocol):
    """A request under a reference of the caller's; `content` is all that tells it from another one."""

    @property
    def reference(self) -> str: ...

    def content(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Bank:
    settings: BankSettings
    storage: Storage
    clock: BankClock
    clockwork: Clockwork
    messenger: Messenger

    def start(self) -> None:
        """Begins to work by itself: what is due is done, and what is to be told is told."""
        self.clockwork.start()
        self.messenger.start()

    def stop(self) -> None:
        """Ends both threads after what they are at."""
        self.clockwork.stop()
        self.messenger.stop()

    def now(self) -> int:
        return int(self.clock())


def bank_at_hand() -> Bank:
    bank = current_app.extensions["bank"]
    if not isinstance(bank, Bank):
        raise TypeError("The application was not made by create_bank.")
    return bank


def once(kind: str, form: Form, authorization: str, work: Callable[[Connection, Stamp], Entry]) -> Response:
    """Does the work under the form's reference, or repeats the answer that the reference already got."""
    bank = bank_at_hand()
    content: dict[str, Any] = {"kind": kind, "authorization": authorization, **form.content()}
    stamp = Stamp(journal.content_digest(bank.settings.card_key, content), bank.now())

    def answer(tx: Connection) -> str:
        earlier = journal.find(tx, form.reference)
        if earlier is None:
            return journal.append(tx, work(tx, stamp))
        if not hmac.compare_digest(earlier.content_digest, stamp.content_digest):
            raise ReferenceReused("This reference already stands for another operation.", "reference")
        return earlier.answer

    return as_json(bank.storage.write(authorization, answer))


def body(most_bytes: int = forms.BODY_BYTES) -> bytes:
    """The body, 64 KiB at most, whatever the caller says or fails to say about the length."""
    if (request.content_length or 0) <= most_bytes:
        given = request.stream.read(most_bytes + 1)
        if len(given) <= most_bytes:
            return given
    raise InvalidRequest(f"The body is longer than {most_bytes} bytes.")


def as_json(text: str) -> Response:
    return Response(text, mimetype="application/json")
