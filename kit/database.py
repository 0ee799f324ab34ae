"""The database: reads in autocommit, and one atomic write for each edge (see kit/writing.py)."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Self, TypeVar, cast

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import JSON, BigInteger, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry
from sqlalchemy.orm.attributes import instance_state, set_committed_value
from sqlalchemy.pool import ConnectionPoolEntry

from kit import reading
from kit.connections import Connections, engine_options, prepare_engine
from kit.reading import Reading
from kit.rows import insertion, plan_of, read_postgresql, read_sqlite, update
from kit.writing import Change, DuplicateRow, StaleWrite, write_postgresql, write_sqlite

__all__ = [
    "Base",
    "DuplicateRow",
    "Id",
    "Sequence64",
    "StaleWrite",
    "collect",
    "collected",
    "commit",
    "commits",
    "db",
    "engine_options",
    "load",
    "load_where",
    "on_commit",
    "prepare_engine",
    "rollback",
    "scope_sessions",
]

DOCUMENT = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
# Ids sort bytewise on both databases, whatever locale the server was made with.
IDENTIFIER = String(255).with_variant(String(255, collation="C"), "postgresql")

Id = Annotated[str, mapped_column(IDENTIFIER)]
Sequence64 = Annotated[
    int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
]


class Base(DeclarativeBase):
    """What every noun's table derives from; integers are 64-bit, dictionaries and lists are JSON."""

    registry = registry(
        type_annotation_map={int: BigInteger, str: String, dict[str, Any]: DOCUMENT, list[Any]: DOCUMENT}
    )

    def __init__(self, **values: Any) -> None:
        """Make a row from its attributes. It has no history yet, so SQLAlchemy need not watch each one."""
        _fill(self, values)

    @classmethod
    def made(cls, **values: Any) -> Self:
        """Make a row past SQLAlchemy's constructor, which tells listeners that nobody has registered."""
        row = cast("Self", cls.__mapper__.class_manager.new_instance())
        _fill(row, values)
        return row


def _fill(row: Base, values: dict[str, Any]) -> None:
    known = plan_of(row.__mapper__).keys
    if not values.keys() <= known:
        unknown = sorted(values.keys() - known)
        raise TypeError(f"{type(row).__name__} has no {', '.join(unknown)}")
    row.__dict__.update(values)


class CollectingSession(Session):
    """Holds new rows in a list of its own until `database.commit`, since the ORM never flushes them."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.collected: list[Any] = []
        self.commits = 0
        self.engine = db.engine
        self.is_postgresql = self.engine.dialect.name == "postgresql"
        self._connections = cast("Connections", self.engine.pool)
        self._driver: ConnectionPoolEntry | None = None

    def driver(self) -> ConnectionPoolEntry:
        """Return the connection that rows are read and written over; the pool gives it when first asked."""
        if self._driver is None:
            self._connections = cast("Connections", self.engine.pool)
            self._driver = self._connections.lend()
        return self._driver

    def _give_back(self) -> None:
        if self._driver is not None:
            self._connections.take_back(self._driver)
            self._driver = None

    def add(self, instance: object, *, _warn: bool = True) -> None:
        """Collect a new row; any other row is attached as usual."""
        if instance_state(instance).transient:
            self.collected.append(instance)
        else:
            super().add(instance, _warn=_warn)

    @property
    def new(self) -> Any:
        """Return the rows that the next commit will insert."""
        return self.collected

    def commit(self) -> None:
        """Give the connection back; raises RuntimeError where rows would be lost."""
        if self.collected:
            raise RuntimeError("new rows are written by kit.database.commit")
        self._give_back()
        if self.in_transaction():
            super().commit()

    def rollback(self) -> None:
        """Give the connection back."""
        self._give_back()
        super().rollback()

    def close(self) -> None:
        """Give the connection back and forget everything."""
        self._give_back()
        self.collected.clear()
        # What SQLAlchemy's own closing costs is wasted on a session that its engine never served.
        if self.in_transaction() or len(self.identity_map):
            super().close()

    def expunge_all(self) -> None:
        """Forget everything read and collected."""
        self.collected.clear()
        super().expunge_all()


db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={
        "class_": CollectingSession,
        "autoflush": False,
        "expire_on_commit": False,
    },
)


def scope_sessions(scope: Callable[[], int]) -> None:
    """Have sessions found by what `scope` returns; Flask-SQLAlchemy's own takes a proxy apart each time."""
    db.session.registry.scopefunc = scope


# Called after each successful commit with the rows that it inserted.
on_commit: list[Callable[[Sequence[Base]], None]] = []


def _attach(row: Base, session: CollectingSession) -> None:
    """Let the session know a row that is in the database as it stands here.

    These are the steps of SQLAlchemy's own loading. `session.add` would take them too, after looking for
    relationships to follow, which no noun has.
    """
    state = instance_state(row)
    state.key = state.mapper._identity_key_from_state(state)  # noqa: SLF001 - as above
    state.session_id = session.hash_key
    state._commit_all(state.dict)  # noqa: SLF001 - as above
    session.identity_map.replace(state)


def _learn(new: Sequence[Base], changed: Sequence[tuple[Base, Change]]) -> None:
    """Let the session know what the database has now."""
    session = _session()
    for row in new:
        if plan_of(instance_state(row).mapper).versioned:
            _attach(row, session)
    for row, change in changed:
        _mark_updated(row, change)


def _mark_updated(row: Base, change: Change) -> None:
    state = instance_state(row)
    # What SQLAlchemy's own flush does at its end; there is no public form of it.
    state._commit_all(state.dict, db.session.identity_map)  # noqa: SLF001
    set_committed_value(row, "version", change.key[-1] + 1)


Row = TypeVar("Row", bound=Base)
BY_ID = '"id" = ?'


def collect(row: Base) -> None:
    """Hold a new row until the next commit."""
    _session().collected.append(row)


def load(noun: type[Row], object_id: str) -> Row | None:
    """Return the row of that id, as the session knows it or as the database has it; None for none."""
    if (now := reading.present()) is not None:
        known: Row | None = now.rows.get((noun, object_id))
        return known or next(iter(_read(now, noun, BY_ID, (object_id,))), None)
    session = _session()
    if noun.__mapper__.identity_key_from_primary_key((object_id,)) in session.identity_map:
        return session.get(noun, object_id)
    found = load_where(noun, BY_ID, (object_id,))
    return found[0] if found else None


def load_where(noun: type[Row], condition: str, values: Sequence[Any]) -> list[Row]:
    """Return the rows that an SQL condition holds for; it has `?` for each value and may order and limit.

    A row that the session knows already is returned as it stands there. The condition is the house's own
    text, never a caller's.
    """
    if (now := reading.present()) is not None:
        return _read(now, noun, condition, values)
    session = _session()
    mapper = noun.__mapper__
    read = read_postgresql if session.is_postgresql else read_sqlite
    found = []
    for attributes in read(session.driver(), plan_of(mapper), condition, values):
        known = session.identity_map.get(mapper.identity_key_from_primary_key((attributes["id"],)))
        row = cast("Row", known or mapper.class_manager.new_instance())
        if known is None:
            row.__dict__.update(attributes)
            _attach(row, session)
        found.append(row)
    return found


def _read(now: Reading, noun: type[Row], condition: str, values: Sequence[Any]) -> list[Row]:
    mapper = noun.__mapper__
    read = read_postgresql if now.is_postgresql else read_sqlite
    found = []
    for attributes in read(now.driver(), plan_of(mapper), condition, values):
        row = now.rows.get((noun, attributes["id"]))
        if row is None:
            row = now.rows[noun, attributes["id"]] = mapper.class_manager.new_instance()
            row.__dict__.update(attributes)
        found.append(row)
    return found


def collected() -> Sequence[Any]:
    """Return the rows that wait for the next commit."""
    return _session().collected if db.session.registry.has() else ()


def _session() -> CollectingSession:
    return cast("CollectingSession", db.session())


def commit(*, last: bool = False) -> None:
    """Write all new and changed rows of the session atomically, then run the after-commit hooks.

    `last` says that nobody will look at the rows again, so that the session need not learn of them.
    Raises StaleWrite, having written nothing, when a changed row is no longer at the version that was read.
    """
    session = _session()
    new = list(session.new)
    changed = [(row, change) for row in session.dirty if (change := update(instance_state(row)))]
    # In one order for everybody: two requests that lock the same rows crosswise would wait for each other.
    changed.sort(key=lambda pair: (pair[1].shape.table.name, pair[1].key))
    changes = [insertion(instance_state(row)) for row in new] + [change for _, change in changed]
    if changes:
        write = write_postgresql if session.is_postgresql else write_sqlite
        write(session.driver(), changes)
        session.commits += 1
    session.new.clear()
    if last:
        session.close()
    else:
        _learn(new, changed)
        session.commit()  # Gives the connection back; nothing is left for the ORM to flush.
    for hook in on_commit:
        hook(new)


def commits() -> int:
    """Return how many times this session has written; tells an edge whether a verb has already acted."""
    return _session().commits if db.session.registry.has() else 0


def rollback() -> None:
    """Forget everything read and collected since the last commit."""
    if (now := reading.present()) is not None:
        now.rows.clear()
    if not db.session.registry.has():
        return
    # In this order: a rollback expires the rows it still knows, and those that edges hold could not be read.
    db.session.expunge_all()
    db.session.rollback()
