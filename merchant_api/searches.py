"""Searches: pages of what a query finds, the newest first, each with the cursor of the next one."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select

from kit.database import db
from merchant_api.lists import Page, limit_of
from payments.errors import InvalidRequest
from payments.resource import Resource
from payments.searching import Field, condition

PARAMETERS = {"query", "limit", "page", "expand"}


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
    """Return a page of the caller's nouns that meet a query; `among` narrows which are looked at."""
    limit = limit_of(given)
    query = (noun.mine() if among is None else among).where(condition(given["query"], fields, noun.metadata_))
    if given.get("page"):
        query = query.where(noun.id < _place(noun, given["page"]))
    rows = list(db.session.scalars(query.order_by(noun.id.desc()).limit(limit + 1)))
    return Found(url, rows[:limit], len(rows) > limit)


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
