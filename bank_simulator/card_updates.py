"""Card updates: an issuer renews a card that merchants keep, and the network's updater tells them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, bindparam, insert, select

from bank_simulator import authorizations, notices, own_entries
from bank_simulator.errors import NotFound
from bank_simulator.forms import REFERENCE, Fields, json_object
from bank_simulator.journal import Entry, Stamp
from bank_simulator.tables import metadata

card_updates = Table(
    "bank_card_updates",
    metadata,
    Column("id", String(64), primary_key=True),  # the reference of whoever renewed it
    Column("authorization", String(64), nullable=False),
    Column("exp_month", Integer, nullable=False),
    Column("exp_year", Integer, nullable=False),
    Column("created", BigInteger, nullable=False),
)


@dataclass(frozen=True)
class UpdateForm:
    """The card of `authorization` has a new last month; its number stays."""

    reference: str
    authorization: str
    exp_month: int
    exp_year: int

    def content(self) -> dict[str, Any]:
        return dict(vars(self))


def update_form(body: bytes) -> UpdateForm:
    fields = Fields(json_object(body))
    form = UpdateForm(
        reference=fields.matching("reference", REFERENCE),
        authorization=fields.matching("authorization", REFERENCE),
        exp_month=fields.integer("exp_month", 1, 12),
        exp_year=fields.integer("exp_year", 1970, 2199),
    )
    fields.no_others()
    return form


def renew(tx: Connection, form: UpdateForm, stamp: Stamp) -> Entry:
    """Keeps the update and has Florin told. Raises NotFound where no such card has been seen."""
    books = authorizations.find(tx, form.authorization)
    if books is None or books["card_fingerprint"] is None:
        raise NotFound("The bank knows of no card by this authorisation.", "authorization")
    told = {"exp_month": form.exp_month, "exp_year": form.exp_year}
    row = {"id": form.reference, "authorization": form.authorization, **told, "created": stamp.now}
    tx.execute(_open, row)
    notices.put(tx, "card.updated", form.reference)
    facts = {"outcome": "approved", "amount_minor": 0, **told}
    return own_entries.entry(
        books, "card_update", form.reference, stamp.now, content_digest=stamp.content_digest, **facts
    )


def as_answer(tx: Connection, update_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    row = tx.execute(_find, {"wanted": update_id}).mappings().first()
    if row is None:
        raise NotFound("The bank has no card update under this id.", "card_update")
    return {"object": "card_update", **row}


_open = insert(card_updates)
_find = select(card_updates).where(card_updates.c.id == bindparam("wanted"))
