"""The audit trail: who did what, when and from where, searched, and how far it can be trusted."""

from pathlib import Path
from typing import Any

from flask import current_app, request

from dashboard import edge, filters, rendering
from dashboard.edge import Body
from payments import audit, audit_search, audit_state
from payments.audit import AuditRow
from payments.audit_search import CHANGE, QUERY, REFUSED, SUCCEEDED, Found, Search
from payments.errors import InvalidRequest, NotFound

ROWS = 50
FIELDS = ("object", "actor", "outcome", "request", "kind", "from", "to")
# What the field of the outcome suggests; every code of an error is one.
OUTCOMES = (
    SUCCEEDED, REFUSED, "card_declined", "resource_missing", "parameter_missing", "parameter_invalid_integer",
    "csrf_token_invalid", "wrong_password", "password_wrong",
)  # fmt: skip
NOTHING = Found([], None, None)


@edge.page("/audit", filters=(*FIELDS, "before", "check"))
def trail() -> Body:
    """Show the newest rows that are looked for, or those older than a row."""
    try:
        found = audit_search.find(_search(), filters.row_number("before"), ROWS)
    except InvalidRequest as refusal:
        return _page(NOTHING, problem=refusal.message), refusal.status
    return _page(found)


@edge.page("/logs/<request_id>")
def request_log(request_id: str) -> Body:
    """Show what one request did; errors of the API point here."""
    rows = audit.rows_of_request(request_id)
    if not rows:
        raise NotFound("request", request_id)
    return rendering.page("request_log", request_id=request_id, rows=rows, names=names_of(rows))


def names_of(rows: list[AuditRow]) -> dict[str, str]:
    """Return how the merchant knows those who did something."""
    return audit_search.names_of({row.actor for row in rows})


def _search() -> Search:
    since, until = filters.moment("from", "From"), filters.moment("to", "To", end=True)
    if since is not None and until is not None and since > until:
        raise InvalidRequest("From: it lies after To. Nothing can have happened then.", param="from")
    return Search(
        object_id=filters.text("object", "Object"),
        request_id=filters.text("request", "Request"),
        actor=filters.text("actor", "Who"),
        outcome=filters.text("outcome", "Outcome"),
        kind=filters.one_of("kind", "Kind", (QUERY, CHANGE)),
        since=since,
        until=until,
    )


def _page(found: Found, problem: str | None = None) -> str:
    typed = {name: request.args[name] for name in FIELDS if request.args.get(name)}
    return rendering.page(
        "trail",
        rows=found.rows,
        older=found.older,
        looked_back_to=found.looked_back_to,
        begun=request.args.get("before"),
        typed=typed,
        names=names_of(found.rows),
        outcomes=OUTCOMES,
        problem=problem,
        chain=_chain(found.rows),
    )


def _chain(rows: list[AuditRow]) -> dict[str, Any]:
    """Return how the chain stands; `check` in the address verifies the seals of the rows shown."""
    data_dir: Path = current_app.config["FLORIN"].data_dir
    newest = audit_state.newest_seal()
    anchored = audit_state.anchored_digest(newest.seq, data_dir) if newest else None
    checks = rows and request.args.get("check")
    return {
        "newest": newest,
        "anchored": anchored,
        "verified": audit_state.noted(data_dir),
        "checked": audit_state.check([row.seq for row in rows], data_dir) if checks else None,
    }
