"""Both sides' books: what a bank approved is one charge here, and what is booked here the bank approved."""

import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from contextlib import closing
from functools import partial

from sqlalchemy import func, select

from kit import clock
from kit.database import db
from payments import bank
from payments.bank_journal import JournalEntry, KeepsJournal
from payments.charging.attempts import Attempt, Kind, State
from payments.doctor.pages import PAGE_ROWS, Check, Finding, Page, pages, persisting

OURS = "att_"  # verifications of cards and other callers of the bank go by other references
APPROVALS = ("authorization", "completion")
MOVEMENTS = ("capture", "refund")


def checks(names: Collection[str]) -> list[Check]:
    """Return one check for each of some acquirers; one that shows no journal gets a note."""
    return [_of(bank.acquirers[name]) for name in sorted(names) if name in bank.acquirers]


def _of(acquirer: bank.Acquirer) -> Check:
    sentence = f"what {acquirer.name} approved and did not void is one charge here, and the other way round"

    def steps() -> int:
        asked = select(func.count()).where(Attempt.acquirer == acquirer.name)
        return int(db.session.scalar(asked) or 0) // PAGE_ROWS + 1

    def run() -> Iterator[list[Finding]]:
        if isinstance(acquirer, KeepsJournal):
            yield from _compared(acquirer)
        else:
            yield [Finding(acquirer.name, "it shows no journal to compare with", note=True)]

    return Check(f"books of {acquirer.name}", sentence, steps, run)


def _compared(acquirer: KeepsJournal) -> Iterator[list[Finding]]:
    """Walk the journal, then our own attempts; approvals are kept on disk, since there may be millions."""
    started = clock.now()
    with tempfile.NamedTemporaryFile() as file, closing(sqlite3.connect(file.name)) as seen:
        seen.execute("CREATE TABLE approvals (reference TEXT PRIMARY KEY)")
        after, waiting = 0, list[JournalEntry]()
        while True:
            entries = acquirer.journal(after)
            if isinstance(entries, bank.Unknown):
                yield [Finding(acquirer.name, f"its journal can't be read: {entries.reason}")]
                return
            waiting += entries
            if len(waiting) >= PAGE_ROWS or not entries:
                approved = [(row.authorization,) for row in waiting if _is_approval(row)]
                seen.executemany("INSERT OR IGNORE INTO approvals VALUES (?)", approved)
                yield persisting(partial(_unbooked, acquirer.name, tuple(waiting)))
                waiting = []
            if not entries:
                break
            after = entries[-1].seq
        for page in pages(Attempt.id):
            yield _unapproved(acquirer.name, page, seen, started)


def _is_approval(entry: JournalEntry) -> bool:
    return entry.kind in APPROVALS and entry.outcome == "approved" and entry.reference.startswith(OURS)


def _unbooked(name: str, entries: tuple[JournalEntry, ...]) -> list[Finding]:
    """Find what the bank has done and we have not booked as it did it; an open question is no finding yet."""
    asked = select(Attempt.id, Attempt.status, Attempt.amount_minor, Attempt.currency).where(
        Attempt.id.in_({entry.authorization for entry in entries} | {entry.reference for entry in entries}),
        Attempt.acquirer == name,
    )
    attempts = {row.id: row for row in db.session.execute(asked)}
    found = []
    for entry in entries:
        attempt = attempts.get(entry.authorization if entry.kind in APPROVALS else entry.reference)
        if entry.outcome != "approved" or not entry.reference.startswith(OURS):
            continue
        if entry.kind not in APPROVALS + MOVEMENTS:
            continue
        if attempt is None:
            found.append(
                Finding(entry.reference, f"{name} has carried out this {entry.kind}; it was never asked")
            )
        elif attempt.status == State.SUCCEEDED:
            told, booked = (entry.amount_minor, entry.currency), (attempt.amount_minor, attempt.currency)
            if told != booked:
                found.append(
                    Finding(entry.reference, f"{name} says {_money(*told)}, and we say {_money(*booked)}")
                )
        elif attempt.status == State.FAILED and entry.kind in APPROVALS and _still_stands(name, attempt.id):
            problem = (
                f"{name} holds an approval of {_money(entry.amount_minor, entry.currency)} that failed here"
            )
            found.append(Finding(attempt.id, problem))
        elif attempt.status == State.FAILED and entry.kind == "capture":
            found.append(Finding(attempt.id, f"{name} has captured, and the capture failed here"))
    return found


def _still_stands(name: str, reference: str) -> bool:
    return isinstance(bank.acquirers[name].look_up(reference), bank.Authorized)


def _unapproved(name: str, page: Page, seen: sqlite3.Connection, started: int) -> list[Finding]:
    """Find what we have booked, before the journal was read, that the bank never approved."""
    query = select(Attempt.id).where(
        page.holds(Attempt.id),
        Attempt.acquirer == name,
        Attempt.kind.in_((Kind.AUTHORIZE, Kind.VERIFY)),
        Attempt.status == State.SUCCEEDED,
        Attempt.settled_at < started,
    )
    booked = list(db.session.scalars(query))
    marks = ",".join("?" * len(booked))
    approved = f"SELECT reference FROM approvals WHERE reference IN ({marks})"  # noqa: S608 - marks alone
    known = {reference for (reference,) in seen.execute(approved, booked)}
    return [
        Finding(reference, f"we have booked an approval that {name} has never given")
        for reference in booked
        if reference not in known
    ]


def _money(amount_minor: int, currency: str | None) -> str:
    return f"{amount_minor} {currency or ''}".strip()
