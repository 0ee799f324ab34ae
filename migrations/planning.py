"""What SQLite's planner is told of our tables: how many rows an index's value stands for.

Without being told, SQLite takes any two columns of an index for more telling than any one: it looks a
charge's refunds up among all that the merchant has. What ANALYZE counts is worse than nothing in a young
database (no rows, no statistics), and changes plans whenever it runs. So the figures are ours, they are those
of a grown merchant, and they are the same in every database; `python -m migrations` writes them after the
revisions.
PostgreSQL counts by itself, again and again, and needs none of this.
"""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, text

TABLE_ROWS = 1_000_000
PARTIAL_ROWS = 100_000  # of an index that holds some of its table's rows
FEW_ROWS = 10  # that share one value of any other column than these
# Into how many parts a column cuts what it is looked at among. A status is 1, though there are some: a page
# of the newest that have it is read faster from the list, where the first rows will do, than gathered and
# sorted.
PARTS = {
    "account_id": 100,
    "acquirer": 1,
    "announced_at": 1,
    "book": 1,
    "currency": 1,
    "due_at": 1,
    "endpoint_id": 4,
    "livemode": 1,
    "resolved_at": 1,
    "status": 1,
    "type": 4,
}

INDEXES = text(
    'SELECT t.name, i.name, i."unique", i.partial FROM sqlite_master AS t, pragma_index_list(t.name) AS i '
    "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name <> 'alembic_version'"
)
TOLD = text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")
COLUMNS = text("SELECT name FROM pragma_index_info(:index) ORDER BY seqno")  # null for an expression
KEYS = text("SELECT name FROM pragma_table_info(:table) WHERE pk > 0")
WRITE = text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :figures)")

Figures = tuple[str, str, str]  # table, index, its line


def tell_planner(connection: Connection) -> None:
    """Write the figures of every index, where others stand; whoever connects afterwards knows them."""
    wanted = sorted(_figures(connection))
    if not connection.scalar(TOLD):
        connection.execute(text("ANALYZE alembic_version"))  # that table can't be made otherwise
    if sorted(map(tuple, connection.execute(text("SELECT tbl, idx, stat FROM sqlite_stat1")))) == wanted:
        return
    connection.execute(text("DELETE FROM sqlite_stat1"))
    for table, index, figures in wanted:
        connection.execute(WRITE, {"table": table, "index": index, "figures": figures})


def _figures(connection: Connection) -> Iterator[Figures]:
    for table, index, unique, partial in connection.execute(INDEXES).all():
        columns = connection.scalars(COLUMNS, {"index": index}).all()
        key = connection.scalars(KEYS, {"table": table}).all()
        rows = list(_rows(columns, key, PARTIAL_ROWS if partial else TABLE_ROWS, unique=bool(unique)))
        # Leaping from one value of a first column to the next (skip-scan) is what nobody has measured here.
        yield table, index, " ".join((*map(str, rows), "noskipscan"))


def _rows(columns: Sequence[str | None], key: Sequence[str], total: int, *, unique: bool) -> Iterable[int]:
    """Return how many rows there are, and how many share the first column's value, the first two's, ..."""
    yield total
    shared, is_told = total, False
    for place, column in enumerate(columns, 1):
        if [column] == list(key) or (unique and place == len(columns)):
            shared, is_told = 1, True
        elif not is_told:
            parts = PARTS.get(column or "")
            shared, is_told = (min(shared, FEW_ROWS), True) if parts is None else (shared // parts, False)
        yield shared
