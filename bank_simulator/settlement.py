"""The counter for settlements: what was closed, and each one's file as a stream of lines."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import bindparam, select

from bank_simulator import forms
from bank_simulator.desk import bank_at_hand
from bank_simulator.errors import NotFound
from bank_simulator.storage import Storage
from bank_simulator.treasury import lines, progress, settlements

counter = Blueprint("settlement", __name__)

PAGE_LINES = 1000


@counter.get("/v1/settlements")
def index() -> Response:
    """In the order in which they were closed; `cut_offs` counts those without any settlement, too."""
    values = {
        "after": forms.page_number(request.args.get("after"), "after", 0, 0, forms.SEQ),
        "limit": forms.page_number(request.args.get("limit"), "limit", 100, 1, forms.PAGE_ROWS) + 1,
    }
    storage = bank_at_hand().storage
    cut_offs, rows = storage.read(
        lambda tx: (tx.execute(_cut_offs).scalar(), tx.execute(_page, values).mappings().all())
    )
    shown = rows[: values["limit"] - 1]
    data = [_as_answer(dict(row)) for row in shown]
    return jsonify(object="list", data=data, has_more=len(rows) > len(shown), cut_offs=cut_offs or 0)


@counter.get("/v1/settlements/<settlement_id>")
def show(settlement_id: str) -> Response:
    return jsonify(_as_answer(_find(settlement_id)))


@counter.get("/v1/settlements/<settlement_id>/file")
def show_file(settlement_id: str) -> Response:
    """The file as CSV, page by page from the books, so that its length is no matter."""
    found = _find(settlement_id)
    response = Response(_lines_of(bank_at_hand().storage, found["id"]), mimetype="text/csv")
    response.content_length = found["size_bytes"]
    return response


def _find(settlement_id: str) -> dict[str, Any]:
    given = {"id": forms.path_reference(settlement_id)}
    row = bank_at_hand().storage.read(lambda tx: tx.execute(_one, given).mappings().first())
    if row is None:
        raise NotFound("The bank has no settlement of this id.", "id")
    return dict(row)


def _as_answer(row: dict[str, Any]) -> dict[str, Any]:
    return {"object": "settlement", **row}


def _lines_of(storage: Storage, settlement_id: str) -> Iterator[bytes]:
    after = 0
    while True:
        values = {"id": settlement_id, "after": after}
        rows = storage.read(lambda tx, given=values: tx.execute(_file, given).all())  # type: ignore[misc]
        yield "".join(f"{row.text}\n" for row in rows).encode()
        if len(rows) < PAGE_LINES:
            return
        after = rows[-1].number


_cut_offs = select(progress.c.cut_offs)
_page = (
    select(settlements)
    .where(settlements.c.seq > bindparam("after"))
    .order_by(settlements.c.seq)
    .limit(bindparam("limit"))
)
_one = select(settlements).where(settlements.c.id == bindparam("id"))
_file = (
    select(lines.c.number, lines.c.text)
    .where(lines.c.settlement_id == bindparam("id"), lines.c.number > bindparam("after"))
    .order_by(lines.c.number)
    .limit(PAGE_LINES)
)
