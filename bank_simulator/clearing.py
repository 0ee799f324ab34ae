"""Clearing: at each cut-off all that moved since the last one is priced and put into settlements, for good.

The movements are read from the journal, so that no payment ever waits for its clearing. A settlement is the
day's movements of one merchant in one currency; its file is written line by line here and never changes.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from bank_simulator import notices, rates, schedule
from bank_simulator.houses import House, house_of
from bank_simulator.pricing import NO_FEES, Fees, fees_of, region_of
from bank_simulator.storage import Storage, lock_journal
from bank_simulator.tables import authorizations, journal
from bank_simulator.treasury import credit, lines, progress, settlements

KIND = "clearing"  # of its rows in the schedule
DAY_SECONDS = 24 * 3600
PAGE_ROWS = 1000
ONLY_ROW = 1

# What each kind of journal entry is called in a file, and which way its money goes.
MOVEMENTS: dict[str, tuple[str, int]] = {
    "authorization": ("capture", 1),
    "completion": ("capture", 1),
    "capture": ("capture", 1),
    "refund": ("refund", -1),
    "refund_completion": ("refund", -1),
    "refund_failure": ("refund_failure", 1),
    "chargeback": ("chargeback", -1),
    "chargeback_reversal": ("chargeback_reversal", 1),
}
# Entries that the bank makes by itself are about something that a caller knows by another reference.
SUBJECTS = {
    "refund_completion": "refund",
    "refund_failure": "refund",
    "chargeback": "dispute",
    "chargeback_reversal": "dispute",
}
AT_ONCE = frozenset(("authorization", "completion"))  # they move money only where they captured at once
COLUMNS = (
    "kind", "reference", "authorization", "created", "presentment_minor", "presentment_currency", "rate",
    "gross_minor", "brand", "funding", "region", "interchange_minor", "scheme_minor", "margin_minor",
    "net_minor",
)  # fmt: skip


@dataclass
class Batch:
    """A settlement that is being written."""

    id: str
    merchant_id: str
    currency: str
    count: int = 0
    gross_minor: int = 0
    net_minor: int = 0
    size_bytes: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    number: int = 0

    def write(self, tx: Connection, *values: object) -> None:
        text = ",".join(str(value) for value in values)
        self.digest.update(text.encode() + b"\n")
        self.size_bytes += len(text) + 1
        self.number += 1
        self.waiting.append({"settlement_id": self.id, "number": self.number, "text": text})
        if len(self.waiting) >= PAGE_ROWS:
            self.flush(tx)

    def flush(self, tx: Connection) -> None:
        if self.waiting:
            tx.execute(_add_lines, self.waiting)
            self.waiting.clear()


def begin(storage: Storage, bank_name: str, now: int) -> None:
    """Has the first cut-off come at the end of the bank's day, unless an earlier start has seen to it."""

    def work(tx: Connection) -> None:
        if tx.execute(_state).first() is None:
            tx.execute(
                insert(progress), {"id": ONLY_ROW, "bank_name": bank_name, "cleared_seq": 0, "cut_offs": 0}
            )
            schedule.put(tx, _next_cut_off(now), KIND, KIND)

    storage.write(KIND, work)


def cut_off(tx: Connection, _subject: str, now: int) -> None:
    """Clears all that moved since the last cut-off, and plans the next one."""
    lock_journal(tx)
    state = tx.execute(_state).one()
    house = house_of(state.bank_name)
    business_date = time.strftime("%Y-%m-%d", time.gmtime(now - now % DAY_SECONDS - 1))
    batches: dict[tuple[str, str], Batch] = {}
    cleared_seq = state.cleared_seq
    for row in _journaled_since(tx, state.cleared_seq):
        cleared_seq = row.seq
        amount_minor = _moved_minor(row)
        if amount_minor == 0:
            continue
        currency = _settlement_currency(house, row.currency)
        batch = batches.get((row.merchant_id, currency))
        if batch is None:
            batch = Batch(f"stl_{business_date}_{secrets.token_hex(8)}", row.merchant_id, currency)
            batches[row.merchant_id, currency] = batch
            head = ("H", 1, batch.id, state.bank_name, batch.merchant_id, business_date, currency, now)
            batch.write(tx, *head)
            batch.write(tx, "C", *COLUMNS)
        _clear(tx, batch, row, amount_minor, house)
    for batch in batches.values():
        _close(tx, batch, business_date, now)
    tx.execute(_advance, {"seq": cleared_seq, "number": state.cut_offs + 1})
    schedule.put(tx, _next_cut_off(now), KIND, KIND)


schedule.HANDLERS[KIND] = cut_off


def _next_cut_off(now: int) -> int:
    return now - now % DAY_SECONDS + DAY_SECONDS


def _journaled_since(tx: Connection, seq: int) -> Iterator[Any]:
    while True:
        rows = tx.execute(_page, {"after": seq}).all()
        yield from rows
        if len(rows) < PAGE_ROWS:
            return
        seq = rows[-1].seq


def _moved_minor(row: Any) -> int:
    """What an entry moved, positive towards the merchant; most entries moved nothing."""
    if row.outcome != "approved" or row.kind not in MOVEMENTS or row.merchant_id is None:
        return 0
    amount_minor = row.amount_minor
    if row.kind in AT_ONCE:
        amount_minor = json.loads(row.answer).get("captured_minor", 0)
    return int(amount_minor) * MOVEMENTS[row.kind][1]


def _settlement_currency(house: House, currency: str) -> str:
    settled_in = house.settles_in.get(currency, currency)
    return settled_in if rates.can_convert(currency, settled_in) else currency


def _clear(tx: Connection, batch: Batch, row: Any, amount_minor: int, house: House) -> None:
    """One line: converted, priced where it is a capture, and named as its caller knows it."""
    kind = MOVEMENTS[row.kind][0]
    gross_minor = rates.convert(amount_minor, row.currency, batch.currency)
    region = region_of(row.card_country, house.country)
    fees: Fees = NO_FEES
    if kind == "capture":
        fees = fees_of(
            gross_minor,
            batch.currency,
            brand=row.card_brand,
            funding=row.card_funding,
            region=region,
            margin_bps=house.margin_basis_points,
        )
    net_minor = gross_minor - fees.interchange_minor - fees.scheme_minor - fees.margin_minor
    batch.write(
        tx, "L", kind, _reference(row), row.authorization, row.created, amount_minor, row.currency,
        rates.as_text(rates.rate(row.currency, batch.currency)), gross_minor, row.card_brand or "",
        row.card_funding or "", region, fees.interchange_minor, fees.scheme_minor, fees.margin_minor,
        net_minor,
    )  # fmt: skip
    batch.count += 1
    batch.gross_minor += gross_minor
    batch.net_minor += net_minor


def _reference(row: Any) -> str:
    if row.kind in SUBJECTS:
        return str(json.loads(row.answer)[SUBJECTS[row.kind]])
    return str(row.authorization if row.kind in AT_ONCE else row.reference)


def _close(tx: Connection, batch: Batch, business_date: str, now: int) -> None:
    """Totals and hash; from here on nothing of it changes, and the money stands on the merchant's account."""
    costs_minor = batch.gross_minor - batch.net_minor
    batch.write(tx, "T", batch.count, batch.gross_minor, costs_minor, batch.net_minor)
    sha256 = batch.digest.hexdigest()
    batch.write(tx, "S", sha256)
    batch.flush(tx)
    tx.execute(
        insert(settlements),
        {
            "id": batch.id,
            "merchant_id": batch.merchant_id,
            "currency": batch.currency,
            "business_date": business_date,
            "line_count": batch.count,
            "gross_minor": batch.gross_minor,
            "costs_minor": costs_minor,
            "net_minor": batch.net_minor,
            "sha256": sha256,
            "size_bytes": batch.size_bytes,
            "closed_at": now,
        },
    )
    credit(tx, batch.merchant_id, batch.currency, batch.net_minor)
    notices.put(tx, "settlement.closed", batch.id)


_entry = journal.c
_books = authorizations.c
_state = select(progress).where(progress.c.id == ONLY_ROW)
_advance = (
    update(progress)
    .where(progress.c.id == ONLY_ROW)
    .values(cleared_seq=bindparam("seq"), cut_offs=bindparam("number"))
)
_add_lines = insert(lines)
_page = (
    select(
        _entry.seq,
        _entry.kind,
        _entry.reference,
        _entry.authorization,
        _entry.outcome,
        _entry.amount_minor,
        func.coalesce(_entry.currency, _books.currency).label("currency"),
        _entry.answer,
        _entry.created,
        _books.merchant_id,
        _books.card_brand,
        _books.card_country,
        _books.card_funding,
    )
    .select_from(journal.outerjoin(authorizations, _entry.authorization == _books.reference))
    .where(_entry.seq > bindparam("after"))
    .order_by(_entry.seq)
    .limit(PAGE_ROWS)
)
