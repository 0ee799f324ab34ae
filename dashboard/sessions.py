"""Signing in and out, and the switch between test and live mode."""

import logging
import re
from http import HTTPStatus

from flask import current_app, make_response, request, session, url_for
from flask_login import login_user, logout_user
from sqlalchemy import select

from dashboard import confirming, edge, rendering, throttle, users
from dashboard.edge import Body, Onward
from dashboard.forms import LoginForm
from kit.database import db
from payments import audit
from payments.merchants import User
from payments.scope import acting_as

logger = logging.getLogger("florin.dashboard")

REFUSED = "dashboard.visit.refused"
STRANGERS_ACCOUNT = "none"  # holds the refused logins of e-mails that nobody has; no merchant reads it
VISITOR = "visitor"

WRONG = "This email and password do not match."
MISSING = "Enter your email and your password."
TOO_MANY = "Too many attempts have failed. Wait a quarter of an hour and try again."
EXPIRED = "This page was open for too long, or your browser does not keep cookies. Try again."

# Where a login may lead on to: a page of the dashboard, never another site.
ONWARD = re.compile(r"/dashboard(?:/[0-9A-Za-z_/:-]*)?")


@edge.visitor("/login", method="GET")
def login_page() -> Body:
    """Show the form."""
    if users.present() is not None:
        return Onward(url_for("dashboard.overview"))
    return _form(None, HTTPStatus.OK)


@edge.visitor("/login", method="POST")
def login(*, stranger: bool = False) -> Body:
    """Sign in with e-mail and password."""
    if stranger:
        return _form(EXPIRED, HTTPStatus.BAD_REQUEST)
    form = LoginForm()
    if not form.validate():
        return _form(MISSING, HTTPStatus.UNPROCESSABLE_ENTITY)
    email = form.email.data.strip().lower()
    failed_logins: throttle.FailedLogins = current_app.extensions["florin_failed_logins"]
    if not failed_logins.admit(request.remote_addr, email):
        logger.warning("a login from %s was not tried: too many have failed", request.remote_addr)
        response = make_response(_form(TOO_MANY, HTTPStatus.TOO_MANY_REQUESTS))
        response.headers["Retry-After"] = str(throttle.WINDOW_SECONDS)
        return response
    user = User.by_password(email, form.password.data)
    if user is None:
        _record_refusal(email)
        return _form(WRONG, HTTPStatus.UNPROCESSABLE_ENTITY)
    failed_logins.forgive(request.remote_addr, email)
    _open_visit(user)
    return Onward(_onward())


@edge.action("/logout", refused=edge.back_to("overview"))
def logout() -> Body:
    """Sign out; the cookie and every copy of it end here."""
    user = users.present()
    assert user is not None  # noqa: S101 - the edge has let nobody else in; for the type checker
    audit.record(users.CLOSED, user.visit_id)
    logout_user()
    _forget_visit()
    return Onward(url_for("dashboard.login_page"))


@edge.action("/mode", refused=edge.back_to("overview"))
def mode() -> Body:
    """Switch between test and live mode."""
    session[edge.LIVE] = request.form.get("live") == "yes"
    return Onward(url_for("dashboard.overview"))


def _form(problem: str | None, status: HTTPStatus) -> tuple[str, int]:
    onward = request.values.get("next", "")
    html = rendering.door("login", problem=problem, email=request.form.get("email", ""), onward=onward)
    return html, status


def _onward() -> str:
    wanted = request.form.get("next", "")
    return wanted if ONWARD.fullmatch(wanted) else url_for("dashboard.overview")


def _open_visit(user: User) -> None:
    """Begin with a token and a mode of its own, whatever cookie the browser was handed before."""
    _forget_visit()
    signed_in = users.begin_visit(user)
    login_user(signed_in)
    confirming.remember(signed_in.visit_id)
    with acting_as(edge.caller_of(user.account_id, user.id, livemode=False)):
        audit.record(users.OPENED, signed_in.visit_id)


def _forget_visit() -> None:
    for key in (edge.LIVE, rendering.TOKEN, confirming.CONFIRMED):
        session.pop(key, None)


def _record_refusal(email: str) -> None:
    """Record a wrong password, at the same cost whether or not the e-mail is anyone's."""
    user = db.session.scalar(select(User).where(User.email == email))
    account_id, user_id = (user.account_id, user.id) if user else (STRANGERS_ACCOUNT, None)
    with acting_as(edge.caller_of(account_id, VISITOR, livemode=False)):
        audit.record(REFUSED, user_id, "wrong_password")
