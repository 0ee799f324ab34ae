"""Searches: pages of what a query finds, the newest first, each with the cursor of the next one.

What is searched for may be among all that a merchant has, with no index for it. So a search has its time, few
are under way at once, and none of them keeps a request's place: payments need those.
"""

import base64
import binascii
import threading
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select

from kit import bounded, database
from kit.admission import Outside
from kit.database import db
from merchant_api.lists import Page, limit_of
from payments.errors import InvalidRequest, RateLimited
from payments.resource import Resource
from payments.searching import Field, condition

SECONDS = 5.0  # of one search
MOST_AT_ONCE = 4  # in a process
PARAMETERS = {"query", "limit", "page", "expand"}


_under_way = threading.BoundedSemaphore(MOST_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Found(Page):
    """One page of what a search found."""

    def as_stripe(self) -> dict[str, Any]:
        """Return the search result."""
        data = [noun.as_stripe() for noun in self.nouns]
        following = _cursor(self.nouns[-1].id) if self.has_more else None
        return {
            "object": "search_result",
            "data": data,
            "has_more": self.has_more,
            "next_page": following,
            "url": self.url,
        }


def search(
    noun: Any,
    url: str,
    given: dict[str, Any],
    fields: dict[str, Field],
    among: Select[Any] | None = None,
) -> Found:
    """Return a page of the caller's nouns that meet a query; `among` narrows which are looked at.

    Raises InvalidRequest for a query that can't be read or takes too long, RateLimited while too many are
    under way.
    """
    limit = limit_of(given)
    query = (noun.mine() if among is None else among).where(condition(given["query"], fields, noun.metadata_))
    if given.get("page"):
        query = query.where(noun.id < _place(noun, given["page"]))
    found = _found(query.with_only_columns(noun.id).order_by(noun.id.desc()).limit(limit + 1))
    rows = list(db.session.scalars(noun.mine().where(noun.id.in_(found[:limit])).order_by(noun.id.desc())))
    return Found(url, rows, len(found) > limit)


def _found(query: Select[Any]) -> list[str]:
    """Return the ids that a query finds, in its time; neither a place nor a connection is held meanwhile."""
    if not _under_way.acquire(blocking=False):
        raise RateLimited("Too many searches at once. Please try again later.", code="rate_limit")
    try:
        database.rollback()  # gives the connection back; a search has collected nothing
        with Outside():
            return bounded.scalars(query, SECONDS)
    except bounded.TooSlow as error:
        raise InvalidRequest(
            f"This search took longer than {SECONDS:g} seconds and was stopped. Narrow its query, as by "
            "`created` or `customer`, or list the objects instead.",
            code="search_timeout",
            param="query",
        ) from error
    finally:
        _under_way.release()


def _cursor(object_id: str) -> str:
    return base64.urlsafe_b64encode(object_id.encode()).decode().rstrip("=")


def _place(noun: type[Resource], page: str) -> str:
    """Return the id behind which a page begins; raises InvalidRequest for what is no cursor of ours."""
    try:
        named = base64.urlsafe_b64decode(page + "=" * (-len(page) % 4)).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest("Invalid page: use the next_page of an answer.", param="page") from error
    if not named.startswith(noun.prefix) or not named.isprintable():
        raise InvalidRequest("Invalid page: use the next_page of an answer.", param="page")
    return named
