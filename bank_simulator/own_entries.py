"""Journal entries that the bank makes by itself, with no caller who asked for them."""

import hashlib
from typing import Any

from sqlalchemy import Connection

from bank_simulator import journal
from bank_simulator.authorizations import Row
from bank_simulator.journal import Entry

LONGEST_REFERENCE = 64
NOBODY_ASKED = ""  # so there is no request that it could be a repeat of


def derived(reference: str, suffix: str) -> str:
    """A reference made of another one, which stays within what a reference may be."""
    whole = f"{reference}_{suffix}"
    if len(whole) <= LONGEST_REFERENCE:
        return whole
    return f"{hashlib.sha256(reference.encode()).hexdigest()[:40]}_{suffix}"


def append(tx: Connection, books: Row, kind: str, reference: str, now: int, **facts: Any) -> None:
    """Writes an entry about the payment of `books`; `facts` are outcome, amount_minor and what to show."""
    journal.append(tx, entry(books, kind, reference, now, **facts))


def entry(
    books: Row, kind: str, reference: str, now: int, *, content_digest: str = NOBODY_ASKED, **facts: Any
) -> Entry:
    """The same, to be written by whoever answers a caller with it."""
    answer = {
        "object": kind,
        "reference": reference,
        "authorization": books["reference"],
        "currency": books["currency"],
        "created": now,
        "reason": None,
        **facts,
    }
    return Entry(
        kind=kind,
        reference=reference,
        authorization=books["reference"],
        content_digest=content_digest,
        outcome=answer["outcome"],
        reason=answer["reason"],
        amount_minor=answer["amount_minor"],
        currency=books["currency"],
        card_masked=books["card_masked"],
        card_fingerprint=books["card_fingerprint"],
        answer=answer,
        created=now,
    )
