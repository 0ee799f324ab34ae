"""The bank's clock: real time and an offset that only grows, so that tests need not wait for a week."""

from collections.abc import Callable

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, bindparam, insert, select, update

from bank_simulator.storage import Storage
from bank_simulator.tables import metadata

offsets = Table(
    "bank_clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("offset_seconds", BigInteger, nullable=False),
)
ONLY_ROW = 1


class BankClock:
    """Tells the bank's time in seconds since 1970. The offset stands in the database, for all processes."""

    def __init__(self, storage: Storage, real: Callable[[], float]) -> None:
        self._storage = storage
        self._real = real
        self._offset_seconds: int | None = None

    def __call__(self) -> float:
        return self._real() + self._offset()

    def advance(self, seconds: int) -> int:
        """Moves the bank's time forward for good and returns the new one."""
        self._offset_seconds = self._storage.write("the clock", lambda tx: _move(tx, seconds))
        return int(self())

    def _offset(self) -> int:
        """SQLite has one process, which so knows; on PostgreSQL another one may have moved the clock."""
        if self._offset_seconds is None or not self._storage.embedded:
            self._offset_seconds = self._storage.read(lambda tx: tx.execute(_read).scalar()) or 0
        return self._offset_seconds


def _move(tx: Connection, seconds: int) -> int:
    before = tx.execute(_read.with_for_update()).scalar()
    after = (before or 0) + seconds
    if before is None:
        tx.execute(_open, {"id": ONLY_ROW, "offset_seconds": after})
    else:
        tx.execute(_write, {"after": after})
    return after


_read = select(offsets.c.offset_seconds).where(offsets.c.id == ONLY_ROW)
_open = insert(offsets)
_write = update(offsets).where(offsets.c.id == ONLY_ROW).values(offset_seconds=bindparam("after"))
