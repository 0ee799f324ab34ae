"""The dashboard's edge: who is signed in, the CSRF token, one verb, its audit row, one commit."""

import logging
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, request, session, url_for
from flask_wtf.csrf import validate_csrf
from werkzeug.exceptions import HTTPException
from wtforms import ValidationError

from dashboard import rendering, users
from dashboard.headers import protect
from kit import database
from kit.ids import random_text
from payments import audit
from payments.charging.card_brands import without_card_numbers
from payments.errors import InvalidRequest, LockTimeout, NotFound, StripeError
from payments.scope import Caller, acting_as

logger = logging.getLogger("florin.dashboard")

MAXIMUM_FORM_BYTES = 16 * 1024
MAXIMUM_ATTEMPTS = 4  # of a verb that lost a race before anything left the house
LIVE = "dashboard_live"  # the session's switch between test and live mode
# All that an address may name: ids, event types, cursors. What is none of these exists nowhere.
ARGUMENT = re.compile(r"[0-9A-Za-z_.:*-]{1,255}")

STALE_PAGE = (
    "That page was open for too long, or your browser does not keep cookies. Nothing was changed; try again."
)
BEING_RECORDED = "The bank was asked and its answer is being recorded. Look again in a moment."


@dataclass(frozen=True, slots=True)
class Onward:
    """What a view answers when it has changed something: where to go, and what to say there."""

    url: str
    notice: str | None = None
    tone: str = "good"


Body = str | tuple[str, int] | Response | Onward
View = Callable[..., Body]
Refused = Callable[..., Body]


@dataclass(frozen=True, slots=True)
class Page:
    """One address of the dashboard; `refused` answers in place of a view that may not do as asked.

    `filters` are the parts of its query that people type; the view reads them and says what is wrong.
    """

    method: str
    path: str
    view: View
    refused: Refused
    filters: frozenset[str] = frozenset()


blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard")
blueprint.after_request(protect)


def page(path: str, *, filters: Collection[str] = ()) -> Callable[[View], View]:
    """Mount a view that shows something to a signed-in user."""

    def register(view: View) -> View:
        _mount(Page("GET", path, view, _problem, frozenset(filters)))
        return view

    return register


def action(path: str, *, refused: Refused) -> Callable[[View], View]:
    """Mount a view that changes something for a signed-in user; its form carries the CSRF token."""

    def register(view: View) -> View:
        _mount(Page("POST", path, view, refused))
        return view

    return register


def visitor(path: str, *, method: str) -> Callable[[View], View]:
    """Mount a view for whoever comes; it says itself on whose behalf it acts."""

    def register(view: View) -> View:
        def answer() -> Response:
            request.max_content_length = MAXIMUM_FORM_BYTES
            if method == "POST" and not _token_is_good():
                return make_response(view(stranger=True))
            response = _response(view())
            database.commit()
            return response

        blueprint.add_url_rule(path, view.__name__, answer, methods=[method])
        return view

    return register


def back_to(endpoint: str, *kept: str) -> Refused:
    """Return a refusal that goes back to a page, with the arguments it needs, and says why there."""

    def refused(refusal: StripeError, **arguments: str) -> Body:
        needed: dict[str, Any] = {name: arguments[name] for name in kept}
        return Onward(url_for(f"dashboard.{endpoint}", **needed), refusal.message, "bad")

    return refused


def caller_of(account_id: str, actor: str, *, livemode: bool) -> Caller:
    """Return whom this request acts as."""
    return Caller(
        account_id, livemode, actor, request_id=f"req_{random_text(14)}", address=request.remote_addr
    )


def is_live() -> bool:
    """Tell which mode's objects the user looks at; test mode unless switched."""
    return session.get(LIVE) is True


def _mount(mounted: Page) -> None:
    def answer(**arguments: str) -> Response:
        request.max_content_length = MAXIMUM_FORM_BYTES
        user = users.present()
        if user is None:
            onward = request.path if mounted.method == "GET" else None
            return make_response(redirect(url_for("dashboard.login_page", next=onward), HTTPStatus.SEE_OTHER))
        who = caller_of(user.account_id, user.id, livemode=is_live())
        with acting_as(who):
            response = _answered(mounted, arguments)
        response.headers["Request-Id"] = str(who.request_id)
        return response

    blueprint.add_url_rule(mounted.path, mounted.view.__name__, answer, methods=[mounted.method])


def _answered(mounted: Page, arguments: dict[str, str]) -> Response:
    try:
        _check_arguments(mounted, arguments)
        if mounted.method == "POST" and not _token_is_good():
            raise InvalidRequest(STALE_PAGE, code="csrf_token_invalid")
        return _executed(mounted, arguments)
    except StripeError as refusal:
        return _refused(mounted, arguments, refusal)


def _check_arguments(mounted: Page, arguments: dict[str, str]) -> None:
    named = [given for name, given in request.args.items() if name not in mounted.filters]
    for given in (*arguments.values(), *named):
        if not ARGUMENT.fullmatch(given):
            raise NotFound("object", given[:40])


def _token_is_good() -> bool:
    try:
        validate_csrf(
            request.form.get(rendering.TOKEN), time_limit=users.LONGEST_SECONDS, token_key=rendering.TOKEN
        )
    except ValidationError as problem:
        logger.info("a form was refused: %s", problem)
        return False
    return True


def _executed(mounted: Page, arguments: dict[str, str]) -> Response:
    for _ in range(MAXIMUM_ATTEMPTS):
        commits_before = database.commits()
        try:
            body = mounted.view(**arguments)
            _remember(mounted, arguments, "succeeded")
            database.commit()
        except (database.StaleWrite, database.DuplicateRow) as lost:
            database.rollback()
            if database.commits() != commits_before:
                # The verb has asked the bank: it must not run twice, and the sweep brings it to its end.
                raise InvalidRequest(BEING_RECORDED, code="being_recorded") from lost
        else:
            return _response(body)
    raise LockTimeout


def _refused(mounted: Page, arguments: dict[str, str], refusal: StripeError) -> Response:
    if not refusal.keep:
        database.rollback()
    _remember(mounted, arguments, refusal.code or refusal.type, status=refusal.status)
    database.commit()
    # An object that is not there has no page to go back to.
    answer = _problem if isinstance(refusal, NotFound) else mounted.refused
    return _response(answer(refusal, **arguments))


def _problem(refusal: StripeError, **_arguments: str) -> Body:
    if isinstance(refusal, NotFound):
        return rendering.problem("There is nothing here", rendering.NOTHING_HERE, HTTPStatus.NOT_FOUND)
    return rendering.problem("That did not work", refusal.message, refusal.status)


def _remember(mounted: Page, arguments: dict[str, str], outcome: str, **details: Any) -> None:
    named = next(iter(arguments.values()), None) or request.args.get("object")
    # Whatever is typed into an address: an id is kept, a card number never.
    object_id = without_card_numbers(named) if named and ARGUMENT.fullmatch(named) else None
    path = mounted.path.replace("<", "{").replace(">", "}")
    audit.record(f"{mounted.method} /dashboard{path}", object_id, outcome, **details)


def _response(body: Body) -> Response:
    if not isinstance(body, Onward):
        return make_response(body)
    if body.notice:
        flash(body.notice, body.tone)
    return make_response(redirect(body.url, HTTPStatus.SEE_OTHER))


@blueprint.get("/")
def home() -> Response:
    """Answer an address that was typed with a slash too many."""
    return make_response(redirect(url_for("dashboard.overview"), HTTPStatus.SEE_OTHER))


@blueprint.route("/<path:rest>", methods=["GET", "POST"])
def nowhere(rest: str) -> Response:
    """Answer an address that no page has."""
    logger.info("no page at /dashboard/%r", rest[:100])
    return make_response(
        rendering.problem("There is nothing here", rendering.NOTHING_HERE, HTTPStatus.NOT_FOUND)
    )


@blueprint.errorhandler(Exception)
def broken(error: Exception) -> Response:
    """Answer a fault of ours, or a request that can't be read, with a page that keeps its calm."""
    if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
        words = error.description or "The request can't be read."
        return make_response(rendering.problem(error.name, words, error.code))
    logger.error("the dashboard failed", exc_info=error)
    database.rollback()
    words = "It is in the log. What you were about to change may or may not have happened; look first."
    return make_response(
        rendering.problem("Something went wrong on our side", words, HTTPStatus.INTERNAL_SERVER_ERROR)
    )
