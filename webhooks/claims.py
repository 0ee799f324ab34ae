"""Claiming: a worker takes what is due for as long as its lease, and nobody gets more than a share of it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import String, TextClause, bindparam, text

from kit import clock
from kit.connections import at_once
from kit.database import db
from kit.driver import as_array
from webhooks.outbox import Claim

# Longer than an attempt can take (20 seconds) with all that is done around it.
LEASE_SECONDS = 60
# So many of the longest waiting are looked at to choose fairly among their endpoints.
WINDOW = 256
LONGEST_WAITING, BY_ENDPOINT = 0, 1


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of one claim anybody may have at most."""

    endpoint: int  # one that is known to answer
    stranger: int  # any other endpoint
    account: int
    known: Collection[str] = ()
    busy: Collection[str] = ()  # endpoints that get nothing now
    busy_accounts: Collection[str] = ()


# The longest waiting first, yet no endpoint and no account more than its share of a claim. Each step is
# written so that the planner, whose statistics of what is due are always old, has no way to choose badly, and
# none reads more where an endpoint is a million deliveries behind.
_LONGEST_WAITING = """
    SELECT id, account_id, endpoint_id, due_at FROM webhook_deliveries
    WHERE due_at <= :now ORDER BY due_at, id LIMIT :window
"""
# Where those are all of busy endpoints: the endpoints one by one, by steps through the index.
_ENDPOINTS = """
    endpoint(id) AS (
        SELECT (SELECT endpoint_id FROM webhook_deliveries WHERE due_at IS NOT NULL
            ORDER BY endpoint_id, due_at, id LIMIT 1)
        UNION ALL
        SELECT (SELECT d.endpoint_id FROM webhook_deliveries AS d
            WHERE d.due_at IS NOT NULL AND d.endpoint_id > endpoint.id
            ORDER BY d.endpoint_id, d.due_at, d.id LIMIT 1)
        FROM endpoint WHERE endpoint.id IS NOT NULL
    )
"""
_FIRST_OF_ENDPOINT_SQLITE = """
    SELECT w.id, w.account_id, w.endpoint_id, w.due_at FROM webhook_deliveries AS w
    WHERE w.endpoint_id = endpoint.id AND w.due_at <= :now ORDER BY w.due_at, w.id LIMIT :window
"""
# An equality would let the planner take the index of all that is due, and read past everybody else's: only
# the endpoints' own index has this order, and these bounds within it.
_FIRST_OF_ENDPOINT_POSTGRESQL = """
    SELECT w.id, w.account_id, w.endpoint_id, w.due_at FROM webhook_deliveries AS w
    WHERE w.due_at <= :now AND (w.endpoint_id, w.due_at) >= (endpoint.id, 0)
    AND (w.endpoint_id, w.due_at) <= (endpoint.id, :now)
    ORDER BY w.endpoint_id, w.due_at, w.id LIMIT :window
"""
_OTHERS = "endpoint.id IS NOT NULL AND endpoint.id NOT IN :busy"
_CHOICE = """
    SELECT id FROM (
        SELECT id, due_at, row_number() OVER (PARTITION BY account_id ORDER BY due_at, id) AS place FROM (
            SELECT id, account_id, endpoint_id, due_at,
                row_number() OVER (PARTITION BY endpoint_id ORDER BY due_at, id) AS place
            FROM due WHERE endpoint_id NOT IN :busy AND account_id NOT IN :busy_accounts
        ) AS of_endpoint
        WHERE place <= CASE WHEN endpoint_id IN :known THEN :of_endpoint ELSE :of_stranger END
    ) AS of_account
    WHERE place <= :of_account ORDER BY due_at, id LIMIT :count
"""
_TAKE = "UPDATE webhook_deliveries SET due_at = :lease_end, fence = fence + 1"
_TAKEN = "RETURNING id, event_id, endpoint_id, account_id, livemode, attempts, fence"
_SEEN_SQLITE = text(
    "SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries WHERE due_at <= :now LIMIT :window)"
)


def _sqlite(due: str) -> TextClause:
    # One statement is one write transaction on SQLite, which locks the database anyway.
    words = f"WITH RECURSIVE {due} {_TAKE} WHERE id IN ({_CHOICE}) {_TAKEN}"
    lists = ("known", "busy", "busy_accounts")
    return text(words).bindparams(*(bindparam(name, type_=String, expanding=True) for name in lists))


_SQLITE = (
    _sqlite(f"due AS ({_LONGEST_WAITING})"),
    _sqlite(
        f"""{_ENDPOINTS}, due AS (
            SELECT d.id, d.account_id, d.endpoint_id, d.due_at
            FROM endpoint CROSS JOIN webhook_deliveries AS d
            WHERE {_OTHERS} AND d.id IN (SELECT id FROM ({_FIRST_OF_ENDPOINT_SQLITE}))
        )"""  # noqa: S608 - put together from the constants above
    ),
)
_POSTGRESQL = (
    f"due AS MATERIALIZED ({_LONGEST_WAITING})",
    f"""{_ENDPOINTS}, due AS MATERIALIZED (
        SELECT first.* FROM endpoint
        CROSS JOIN LATERAL ({_FIRST_OF_ENDPOINT_POSTGRESQL}) AS first WHERE {_OTHERS}
    )""",  # noqa: S608 - as above
)
_LIST = re.compile(r"(NOT )?IN :(\w+)")
_NAME = re.compile(r":(\w+)")


@lru_cache(maxsize=64)
def _postgresql(due: str, window: int) -> tuple[str, tuple[str, ...]]:
    """Return a statement for the driver, and the names of its values in their order.

    The window is written out: a limit that it does not know, the planner takes for a tenth of all rows.
    """
    words = f"""
        WITH RECURSIVE {due}, chosen AS MATERIALIZED ({_CHOICE}), picked AS MATERIALIZED (
            SELECT id FROM webhook_deliveries
            WHERE id = ANY (ARRAY(SELECT id FROM chosen)) AND due_at <= :now FOR UPDATE SKIP LOCKED
        ), taken AS (
            {_TAKE} WHERE id = ANY (ARRAY(SELECT id FROM picked)) {_TAKEN}
        )
        SELECT taken.*, seen.count AS seen FROM (SELECT count(*) FROM due) AS seen LEFT JOIN taken ON true
    """.replace(":window", str(window))  # noqa: S608 - as above
    lists = {found[2] for found in _LIST.finditer(words)}
    words = _LIST.sub(lambda found: f"{'<> ALL' if found[1] else '= ANY'} (:{found[2]})", words)
    names: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        name = found[1]
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}::{'text[]' if name in lists else 'bigint'}"

    return _NAME.sub(numbered, words), tuple(names)


def claim(count: int, shares: Shares) -> list[Claim]:
    """Take up to `count` due deliveries, of nobody more than a share.

    Autocommitted statements: what another worker holds or is just taking is passed over. The longest waiting
    are looked at first, and all endpoints only where those are of too few.
    """
    now = clock.now()
    values = {
        "now": now, "lease_end": now + LEASE_SECONDS, "of_endpoint": shares.endpoint,
        "of_stranger": shares.stranger, "of_account": shares.account, "known": list(shares.known),
        "busy": list(shares.busy), "busy_accounts": list(shares.busy_accounts),
    }  # fmt: skip
    claims, seen = _claim(LONGEST_WAITING, values | {"count": count, "window": WINDOW})
    if len(claims) < count and seen == WINDOW:
        values["busy"] = list({*shares.busy, *(claim.endpoint_id for claim in claims)})
        values["busy_accounts"] = list({*shares.busy_accounts, *_with_their_share(claims, shares.account)})
        rest = {"count": count - len(claims), "window": max(shares.endpoint, shares.stranger)}
        claims += _claim(BY_ENDPOINT, values | rest)[0]
    return sorted(claims, key=lambda claim: claim.id)


def _with_their_share(claims: list[Claim], share: int) -> set[str]:
    accounts = [claim.account_id for claim in claims]
    return {account for account in accounts if accounts.count(account) >= share}


def _claim(way: int, values: Mapping[str, Any]) -> tuple[list[Claim], int]:
    """Claim once; return the claims, and how many due deliveries were there to look at."""
    if db.engine.dialect.name == "postgresql":
        return _claim_postgresql(way, values)
    with db.engine.connect() as connection:
        claims = [
            Claim(
                row.id, row.event_id, row.endpoint_id, row.account_id, bool(row.livemode), row.attempts,
                row.fence,
            )
            for row in connection.execute(_SQLITE[way], values)
        ]  # fmt: skip
        if len(claims) == values["count"]:
            return claims, int(values["window"])
        asked = {"now": values["now"], "window": values["window"]}
        return claims, int(connection.execute(_SEEN_SQLITE, asked).scalar_one())


def _claim_postgresql(way: int, values: Mapping[str, Any]) -> tuple[list[Claim], int]:
    statement, names = _postgresql(_POSTGRESQL[way], values["window"])
    given = [as_array(values[name]) if isinstance(values[name], list) else values[name] for name in names]
    rows: Any = at_once(db.engine, statement, given)
    claims = [
        Claim(
            id.decode(), event.decode(), endpoint.decode(), account.decode(), livemode == b"t", int(attempts),
            int(fence),
        )
        for id, event, endpoint, account, livemode, attempts, fence, _ in rows
        if id is not None
    ]  # fmt: skip
    return claims, int(rows[0][-1])
