"""The audit trail: who did what, when and from where; all of it, of one object, or of one request."""

from flask import request

from dashboard import edge, rendering
from dashboard.edge import Body
from payments import audit
from payments.errors import NotFound

ROWS = 50
LONGEST_NUMBER = 18


@edge.page("/audit")
def trail() -> Body:
    """Show the newest rows, or those older than a row."""
    rows = audit.rows_of_caller(request.args.get("object") or None, _before(), ROWS + 1)
    older = rows[ROWS - 1].seq if len(rows) > ROWS else None
    return rendering.page("trail", rows=rows[:ROWS], older=older, object_id=request.args.get("object"))


@edge.page("/logs/<request_id>")
def request_log(request_id: str) -> Body:
    """Show what one request did; errors of the API point here."""
    rows = audit.rows_of_request(request_id)
    if not rows:
        raise NotFound("request", request_id)
    return rendering.page("request_log", request_id=request_id, rows=rows)


def _before() -> int | None:
    given = request.args.get("before")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= LONGEST_NUMBER):
        raise NotFound("audit_row", given)
    return int(given)
