"""Transactions of the bank on SQLite and PostgreSQL: the answer, the books and the journal, or nothing."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, bindparam, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from bank_simulator.errors import Unavailable
from bank_simulator.group_commit import GroupCommit
from bank_simulator.tables import metadata

T = TypeVar("T")

ATTEMPTS = 4
BUSY_SECONDS = 20
CONNECTIONS = 16
JOURNAL_LOCK = 0x42414E4B  # any fixed number; writers share it, a reader of the journal takes it alone
RETRIED_STATES = {"40001", "40P01"}  # serialization failure and deadlock, as PostgreSQL names them

_lock_writer = text(
    "SELECT pg_advisory_xact_lock_shared(:journal), pg_advisory_xact_lock(:subject)"
).bindparams(bindparam("journal", JOURNAL_LOCK), bindparam("subject"))
_lock_journal = text("SELECT pg_advisory_xact_lock(:journal)").bindparams(journal=JOURNAL_LOCK)


class BadDatabase(Exception):
    """A database address that the bank cannot use; its text is meant for a person."""


class Storage:
    def __init__(self, database_url: str) -> None:
        url = _checked(database_url)
        self.embedded = url.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}} if self.embedded else {}
        self.engine = create_engine(
            url, poolclass=QueuePool, pool_size=CONNECTIONS, max_overflow=0, hide_parameters=True, **options
        )
        self._group = GroupCommit(self._writing)
        if self.embedded:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    def create(self) -> None:
        """Makes the tables where they are missing; processes that start together wait for each other."""
        try:
            with self._writing() as connection, connection.begin():
                if not self.embedded:
                    connection.execute(_lock_journal)
                metadata.create_all(connection)
        except SQLAlchemyError as problem:
            reason = str(getattr(problem, "orig", None) or problem).splitlines()[0]
            raise BadDatabase(f"The bank cannot use its database: {reason}.") from problem

    def write(self, subject: str, work: Callable[[Connection], T]) -> T:
        """Runs `work` in one transaction, alone with `subject` (the reference of an authorisation).

        A lost race on a reference makes the work run again, and find what the winner wrote. That is safe
        because every work begins by looking its reference up in the journal.
        """
        attempt = 1
        while True:
            try:
                if self.embedded:
                    return self._group.run(work)
                with self._writing() as connection, connection.begin():
                    connection.execute(_lock_writer, {"subject": _lock_key(subject)})
                    return work(connection)
            except DBAPIError as problem:
                if attempt == ATTEMPTS or not _lost_a_race(problem):
                    raise _as_answer(problem) from problem
                attempt += 1

    def read(self, work: Callable[[Connection], T], *, whole_journal: bool = False) -> T:
        """Runs `work`. With `whole_journal` it waits for writers, so that no lower seq can come later."""
        try:
            with self.engine.connect() as connection, connection.begin():
                if whole_journal and not self.embedded:
                    connection.execute(_lock_journal)
                return work(connection)
        except DBAPIError as problem:
            raise _as_answer(problem) from problem

    def close(self) -> None:
        self.engine.dispose()

    def _writing(self) -> Connection:
        return self.engine.connect().execution_options(writes=True)


def lock(tx: Connection, subject: str) -> None:
    """Waits until the transaction is alone with `subject`, as `Storage.write` is with its own."""
    if tx.dialect.name != "sqlite":  # where a writer is alone with everything
        tx.execute(_lock_writer, {"subject": _lock_key(subject)})


def lock_journal(tx: Connection) -> None:
    """Waits for all writers, so that whoever reads the journal in this transaction misses no lower seq."""
    if tx.dialect.name != "sqlite":
        tx.execute(_lock_journal)


def _checked(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except ArgumentError as problem:
        raise BadDatabase("BANK_DATABASE_URL is no database address.") from problem
    match url.get_backend_name():
        case "postgresql":
            return url.set(drivername="postgresql+psycopg")
        case "sqlite" if url.database and url.database != ":memory:":
            return _with_folder(url, Path(url.database).parent)
        case "sqlite":
            raise BadDatabase(
                "BANK_DATABASE_URL has to name a file: money in memory is lost with the process."
            )
        case other:
            raise BadDatabase(f"BANK_DATABASE_URL has to be of sqlite or postgresql, not {other}.")


def _with_folder(url: URL, folder: Path) -> URL:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise BadDatabase(f"The bank cannot keep its database in {folder}: {problem.strerror}.") from problem
    return url


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = (
        None  # transactions begin where _begin_sqlite says, not where sqlite3 guesses
    )
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once: a read that turns into a write may find that it is too late."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _lock_key(subject: str) -> int:
    return int.from_bytes(hashlib.blake2b(subject.encode(), digest_size=8).digest(), signed=True)


def _lost_a_race(problem: DBAPIError) -> bool:
    state = getattr(problem.orig, "sqlstate", None)
    return isinstance(problem, IntegrityError) or problem.connection_invalidated or state in RETRIED_STATES


def _as_answer(problem: DBAPIError) -> Exception:
    """A broken rule stays an exception of ours to repair; a database that cannot serve is worth a retry."""
    if isinstance(problem, IntegrityError):
        return problem
    return Unavailable("The bank's database cannot serve at the moment; the same request may be sent again.")
