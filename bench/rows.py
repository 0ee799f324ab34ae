"""The rows that one request of Florin's writes, learned from Florin itself, and made anew for each request.

The limit and the naive handler must write what Florin writes, today and after the next migration. So the
bench lets Florin serve each request twice, compares the tables before and after, and keeps the second
request's rows as a template: whatever text differs between the two samples (ids, secrets, digests) is an
*atom* that gets a fresh value each time; everything else stays as it was.
"""

import base64
import json
import re
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from os import urandom
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Engine, Integer, MetaData, Table, select

# Florin's ids, secrets and digests are longer; plain words, amounts and timestamps are shorter.
TOKEN = re.compile(r"[A-Za-z0-9]{12,}")
TIME_DIGITS = 13
ORDERED_FROM = 24
SETTLE_SECONDS = 0.4

Rows = dict[str, dict[tuple[Any, ...], dict[str, Any]]]


@dataclass(frozen=True)
class Row:
    """One row to insert: column names, values as text where they are text, and which columns hold JSON."""

    table: str
    columns: list[str]
    values: list[Any]
    documents: list[str]


@dataclass(frozen=True)
class Template:
    """What one request writes and answers; `atoms` are the texts that must be fresh in every copy.

    `object_id` is the object that the answer shows, `object_table` where it lies, and `owner` its account
    and mode.
    """

    name: str
    rows: list[Row]
    answer: str
    object_id: str
    object_table: str
    owner: list[Any]
    atoms: list[str]


def snapshot(engine: Engine) -> tuple[MetaData, Rows]:
    """Read every table whole; for the small databases of a warm-up only."""
    metadata = MetaData()
    with warnings.catch_warnings():
        # Rows are what is wanted; of an index on an expression, SQLAlchemy only says that it reads none.
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")
        metadata.reflect(engine)
    rows: Rows = {}
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            keys = [column.name for column in table.primary_key.columns] or [c.name for c in table.columns]
            found = connection.execute(select(table)).mappings()
            rows[table.name] = {tuple(str(row[key]) for key in keys): dict(row) for row in found}
    return metadata, rows


def new_rows(metadata: MetaData, before: Rows, after: Rows) -> list[Row]:
    """List what was added between two snapshots, parents before children."""
    return [
        as_row(table, row)
        for table in metadata.sorted_tables
        for key, row in after[table.name].items()
        if key not in before.get(table.name, {})
    ]


def is_numbered_by_database(table: Table, name: str) -> bool:
    """Say whether a column is a serial, which every writer leaves to the database."""
    column = table.columns[name]
    default = str(getattr(column.server_default, "arg", ""))
    alone = column.primary_key and len(table.primary_key.columns) == 1 and isinstance(column.type, Integer)
    return column.identity is not None or "nextval" in default or alone


def as_row(table: Table, row: Mapping[str, Any]) -> Row:
    """Turn a row as read into one that can be kept as JSON."""
    columns = [name for name in row if not is_numbered_by_database(table, name)]
    documents = [name for name in columns if isinstance(table.columns[name].type, JSON)]
    values = []
    for name in columns:
        value = row[name]
        if name in documents and value is not None:
            value = json.dumps(value, separators=(",", ":"))
        if isinstance(value, bytes):
            value = {"base64": base64.b64encode(value).decode()}
        values.append(value)
    return Row(table.name, columns, values, documents)


def tokens(rows: Iterable[Row], answer: str) -> set[str]:
    """Collect the long words of some rows and of an answer."""
    texts = [answer, *(value for row in rows for value in row.values if isinstance(value, str))]
    return {token for text in texts for token in TOKEN.findall(text)}


def settled(engine: Engine) -> tuple[MetaData, Rows]:
    """Read every table once nothing is written any more; Florin may write some rows a moment later."""
    metadata, rows = snapshot(engine)
    while True:
        time.sleep(SETTLE_SECONDS)
        metadata, again = snapshot(engine)
        if again == rows:
            return metadata, rows
        rows = again


def learn(engine: Engine, name: str, request: Callable[[], tuple[str, str]]) -> Template:
    """Let Florin serve `request` twice, and keep what it wrote.

    `request` returns the answer's body and the id of the object that it shows.
    """
    samples: list[tuple[list[Row], str]] = []
    metadata, before = settled(engine)
    for _ in range(2):
        answer, object_id = request()
        metadata, after = settled(engine)
        samples.append((new_rows(metadata, before, after), answer))
        before = after
    (first_rows, first_answer), (rows, answer) = samples
    atoms = sorted(tokens(rows, answer) - tokens(first_rows, first_answer), key=len, reverse=True)
    table = next((table for table, found in before.items() if (object_id,) in found), "")
    shown = before[table][object_id,] if table else {}
    owner = [shown.get("account_id"), shown.get("livemode")]
    return Template(name, rows, answer, object_id, table, owner, atoms)


def save(templates: Iterable[Template], path: Path) -> None:
    """Write templates where the handlers' processes find them."""
    path.write_text(json.dumps([asdict(template) for template in templates]), encoding="utf-8")


def load(path: Path) -> dict[str, Template]:
    """Read templates back, by name."""
    found = json.loads(path.read_text(encoding="utf-8"))
    templates = [Template(**{**one, "rows": [Row(**row) for row in one["rows"]]}) for one in found]
    return {template.name: template for template in templates}


class Fresh:
    """Fills a text's atoms from a list of fresh ones with a single `%`."""

    def __init__(self, text: str, atoms: list[str]) -> None:
        self.numbers: list[int] = []
        pieces: list[str] = []
        at = 0
        pattern = re.compile("|".join(map(re.escape, atoms))) if atoms else None
        for match in pattern.finditer(text) if pattern else ():
            pieces += [text[at : match.start()].replace("%", "%%"), "%s"]
            self.numbers.append(atoms.index(match.group()))
            at = match.end()
        self.format = "".join([*pieces, text[at:].replace("%", "%%")])

    def fill(self, fresh: list[str]) -> str:
        """Return the text with this request's atoms."""
        return self.format % tuple([fresh[number] for number in self.numbers])


def fresh_atoms(lengths: list[int]) -> list[str]:
    """Make one request's atoms: a time-ordered head as in Florin's ids, then random digits."""
    head = f"{time.time_ns() // 1000:0{TIME_DIGITS}x}"
    digits = urandom(sum(lengths) // 2 + 1).hex()
    made = []
    at = 0
    for length in lengths:
        if length >= ORDERED_FROM:
            made.append(head + digits[at : at + length - TIME_DIGITS])
        else:
            made.append(digits[at : at + length])
        at += length
    return made


class Writer:
    """A template made ready: call `values(fresh)` for the parameters of its rows, in order."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.lengths = [len(atom) for atom in template.atoms]
        self.answer = Fresh(template.answer, template.atoms)
        self.parts: list[tuple[Any, Fresh | None]] = []
        for row in template.rows:
            for value in row.values:
                fresh = Fresh(value, template.atoms) if isinstance(value, str) else None
                known = base64.b64decode(value["base64"]) if isinstance(value, dict) else value
                self.parts.append((known, fresh if fresh and fresh.numbers else None))

    def values(self, fresh: list[str]) -> list[Any]:
        """Return all parameters of all rows, flat, for this request's atoms."""
        return [known if text is None else text.fill(fresh) for known, text in self.parts]
