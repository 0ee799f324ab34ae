"""Finding rows of the audit trail: about what, by whom, how it ended, when, and whether it changed anything.

Rows are looked through from the newest back, by the indexes of the trail, a bounded number at a time: a
search for what happened seldom says how far it has looked, and goes on from there when asked to.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from kit.database import db
from payments import audit
from payments.audit import AuditRow
from payments.audit_chain import AuditSeal
from payments.merchants import ApiKey, User, users_of
from payments.scope import caller

MOST_LOOKED_AT = 20_000
# A row is written at most so late after what it tells of, but for one that a process left in its spool when
# it was killed: that one comes when a process starts again, and is found without an end of the time.
LATEST_SECONDS = 3600
QUERY, CHANGE = "query", "change"
QUERIES = "GET %"  # how the actions of queries begin
SUCCEEDED, REFUSED = "succeeded", "refused"  # `refused` is every outcome but the other


Condition = Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; None is anything. Moments are seconds, both included; `actor` may be an e-mail."""

    object_id: str | None = None
    request_id: str | None = None
    actor: str | None = None
    outcome: str | None = None
    kind: str | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Some rows, newest first; `older` is the number that the next page begins below, None at the end.

    `looked_back_to` is the time of the last row looked at, where the search has stopped before its end.
    """

    rows: list[AuditRow]
    older: int | None
    looked_back_to: int | None


def find(search: Search, before: int | None, most: int) -> Found:
    """Return the caller's newest rows that are looked for, older than row `before`."""
    base, conditions = _base(search, before), _conditions(search)
    if not conditions:
        rows = list(db.session.scalars(base.limit(most + 1)))
        return Found(rows[:most], rows[most - 1].seq if len(rows) > most else None, None)
    looked = base.limit(MOST_LOOKED_AT).subquery()
    row = aliased(AuditRow, looked)
    query = select(row).where(*(condition(row) for condition in conditions)).order_by(row.seq.desc())
    rows = list(db.session.scalars(query.limit(most + 1)))
    if len(rows) > most:
        return Found(rows[:most], rows[most - 1].seq, None)
    last = _end_of(base)
    return Found(rows, last.seq if last else None, last.created if last else None)


def names_of(actors: Collection[str]) -> dict[str, str]:
    """Return how the caller's merchant knows some actors: users by e-mail, keys by how they begin and end."""
    account_id, ids = caller().account_id, list(actors)
    users = select(User).where(User.account_id == account_id, User.id.in_(ids))
    keys = select(ApiKey).where(ApiKey.account_id == account_id, ApiKey.id.in_(ids))
    return {user.id: user.email for user in db.session.scalars(users)} | {
        key.id: f"{key.name} ({key.masked})" if key.name else key.masked for key in db.session.scalars(keys)
    }


def _base(search: Search, before: int | None) -> Select[AuditRow]:
    query = audit.of_caller().order_by(AuditRow.seq.desc())
    if search.object_id is not None:
        query = query.where(AuditRow.object_id == search.object_id)
    if search.request_id is not None:
        query = query.where(AuditRow.request_id == search.request_id)
    if before is not None:
        query = query.where(AuditRow.seq < before)
    if search.since is not None and (seq := _sealed_before(search.since)) is not None:
        query = query.where(AuditRow.seq > seq)
    if search.until is not None and (seq := _sealed_after(search.until + LATEST_SECONDS)) is not None:
        query = query.where(AuditRow.seq <= seq)
    return query


def _sealed_before(moment: int) -> int | None:
    """Return a number up to which every row is older than a moment: what was sealed by then was written."""
    seal = AuditSeal
    query = select(seal.last_seq).where(seal.sealed_at < moment)
    return db.session.scalar(query.order_by(seal.sealed_at.desc(), seal.seq.desc()).limit(1))


def _sealed_after(moment: int) -> int | None:
    """Return a number from which on rows are younger than a moment, but for those that came late."""
    seal = AuditSeal
    query = select(seal.last_seq).where(seal.sealed_at > moment)
    return db.session.scalar(query.order_by(seal.sealed_at, seal.seq).limit(1))


def _conditions(search: Search) -> list[Condition]:
    """Return what no index answers."""
    found: list[Condition] = []
    if search.actor is not None:
        actor = _actor(search.actor)
        found.append(lambda row: row.actor == actor)
    if search.outcome == REFUSED:
        found.append(lambda row: row.outcome != SUCCEEDED)
    elif search.outcome is not None:
        found.append(lambda row: row.outcome == search.outcome)
    if search.kind == QUERY:
        found.append(lambda row: row.action.like(QUERIES))
    elif search.kind == CHANGE:
        found.append(lambda row: row.action.not_like(QUERIES))
    if search.since is not None:
        found.append(lambda row: row.created >= search.since)
    if search.until is not None:
        found.append(lambda row: row.created <= search.until)
    return found


def _actor(typed: str) -> str:
    if "@" not in typed:
        return typed
    wanted = typed.lower()
    return next((user.id for user in users_of(caller().account_id) if user.email == wanted), typed)


def _end_of(base: Select[AuditRow]) -> AuditRow | None:
    """Return the last row that was looked at, None where all were."""
    looked = base.limit(MOST_LOOKED_AT).subquery()
    count, last = db.session.execute(select(func.count(), func.min(looked.c.seq))).one()
    return db.session.get(AuditRow, last) if count == MOST_LOOKED_AT else None
