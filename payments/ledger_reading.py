"""The ledger as its merchant reads it: what stands in each account, and the movements, each one whole.

Everything is found through one index (account, mode, book, currency, number), which holds the amounts, too:
sums read no row of the table, and the newest movements of any account are some steps from its end.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, union_all

from kit.database import db
from payments.ledger import LedgerEntry
from payments.scope import caller

# Entries looked at for each movement that is asked for; one has from two to six.
ENTRIES_EACH = 6
# Accounts asked about in one query: SQLite joins 500 at most, and a merchant of all currencies has more.
PLACES_AT_ONCE = 250

Place = tuple[str, str]  # book, currency


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in one account in one currency; a debit is positive, in minor units."""

    book: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Movement:
    """One transaction of the ledger with all entries that it has in its merchant's books."""

    id: str
    created: int
    entries: list[LedgerEntry]

    def sums(self) -> dict[str, tuple[int, int]]:
        """Return all debits and all credits by currency, both positive; they are equal."""
        return sides([(entry.currency, entry.amount_minor) for entry in self.entries])


@dataclass(frozen=True, slots=True)
class Movements:
    """Some movements, newest first; `older` is where the next page begins, None at the end."""

    rows: list[Movement]
    older: int | None


def sides(amounts: Sequence[tuple[str, int]]) -> dict[str, tuple[int, int]]:
    """Return the sum of the debits and that of the credits by currency, both positive."""
    debits: dict[str, int] = defaultdict(int)
    credits_: dict[str, int] = defaultdict(int)
    for currency, amount_minor in amounts:
        debits[currency] += max(amount_minor, 0)
        credits_[currency] += max(-amount_minor, 0)
    return {currency: (debits[currency], credits_[currency]) for currency in sorted(debits)}


def standings() -> list[Standing]:
    """Return the balance of each account and currency that the caller's books have."""
    entry, total = LedgerEntry, func.sum(LedgerEntry.amount_minor)
    query = select(entry.book, entry.currency, total).where(*_mine()).group_by(entry.book, entry.currency)
    return [Standing(book, currency, int(amount)) for book, currency, amount in db.session.execute(query)]


def newest(places: Collection[Place], before: int | None, most: int) -> Movements:
    """Return the newest movements that touch any of some accounts, below an entry's number.

    A movement stands on the page of its newest entry in those accounts, however many others lie in between.
    """
    numbers = _numbers(places, before, most * ENTRIES_EACH + 1)
    ids: dict[str, None] = {}
    older = None
    for seq, transaction_id in numbers:
        if transaction_id not in ids and len(ids) == most:
            break
        ids[transaction_id] = None
        older = seq
    found = {movement.id: movement for movement in of_transactions(list(ids))}
    rows = [found[id_] for id_ in ids if not _was_shown(found[id_], places, before)]
    more = (bool(numbers) and older != numbers[-1][0]) or len(numbers) > most * ENTRIES_EACH
    return Movements(rows, older if more else None)


def of_transactions(ids: Collection[str]) -> list[Movement]:
    """Return the caller's part of some transactions, in the order of their ids given."""
    query = select(LedgerEntry).where(*_mine(), LedgerEntry.transaction_id.in_(ids))
    entries: dict[str, list[LedgerEntry]] = {id_: [] for id_ in ids}
    for entry in db.session.scalars(query.order_by(LedgerEntry.seq)):
        entries[entry.transaction_id].append(entry)
    return [Movement(id_, rows[0].created, _debits_first(rows)) for id_, rows in entries.items() if rows]


def _mine() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    who = caller()
    return LedgerEntry.account_id == who.account_id, LedgerEntry.livemode == who.livemode


def _numbers(places: Collection[Place], before: int | None, most: int) -> list[tuple[int, str]]:
    """Return the newest entries of some accounts, of however many."""
    wanted, found = list(places), []
    for first in range(0, len(wanted), PLACES_AT_ONCE):
        found += _numbers_at_once(wanted[first : first + PLACES_AT_ONCE], before, most)
    return sorted(found, reverse=True)[:most]


def _numbers_at_once(places: list[Place], before: int | None, most: int) -> list[tuple[int, str]]:
    """Return the same by one query: the newest of each account, and the newest of those."""
    entry, parts = LedgerEntry, []
    for book, currency in places:
        part = select(entry.seq, entry.transaction_id).where(
            *_mine(), entry.book == book, entry.currency == currency
        )
        if before is not None:
            part = part.where(entry.seq < before)
        parts.append(select(part.order_by(entry.seq.desc()).limit(most).subquery()))
    newest_of_each = union_all(*parts).subquery()
    query = select(newest_of_each).order_by(newest_of_each.c.seq.desc()).limit(most)
    return [(seq, transaction_id) for seq, transaction_id in db.session.execute(query)]


def _was_shown(movement: Movement, places: Collection[Place], before: int | None) -> bool:
    """Tell whether a page of newer ones has shown a movement, of which an entry was left for this one."""
    touched = [entry.seq for entry in movement.entries if (entry.book, entry.currency) in places]
    return before is not None and max(touched) >= before


def _debits_first(entries: list[LedgerEntry]) -> list[LedgerEntry]:
    return sorted(entries, key=lambda entry: (entry.currency, entry.amount_minor < 0, entry.seq))
