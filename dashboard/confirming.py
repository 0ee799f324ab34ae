"""Who makes, rolls or ends a key, or has a device given some, types their password again, if not just now.

An unattended browser may so be used to look, yet not to take a key of the account's away. The time stands in
the session's cookie together with the visit's id: it holds for no other visit, and signing out ends it.
"""

from flask import current_app, request, session

from dashboard import throttle, users
from kit import clock, database
from payments.errors import PermissionDenied, RateLimited
from payments.merchants import User

LASTS_SECONDS = 10 * 60
CONFIRMED = "dashboard_confirmed"  # the session's key: [visit, when]

MISSING = "Type your password as well, to show that it is you. Nothing was changed."
WRONG = "This is not your password. Nothing was changed."
TOO_MANY = "Too many attempts have failed. Wait a quarter of an hour and try again."


def remember(visit_id: str) -> None:
    """Note that whoever is on this visit has just typed the right password."""
    session[CONFIRMED] = [visit_id, clock.now()]


def is_recent() -> bool:
    """Tell whether the user has typed their password in the last minutes."""
    user, known = users.present(), session.get(CONFIRMED)
    if user is None or known is None:
        return False
    visit_id, at = known
    return bool(visit_id == user.visit_id and at > clock.now() - LASTS_SECONDS)


def require() -> None:
    """Let on whoever has typed the password lately, or with this form; raises PermissionDenied, RateLimited.

    To be called before anything is read: no connection is held while a password is hashed.
    """
    user = users.present()
    if user is None or is_recent():
        return
    password = request.form.get("password", "")
    if not password:
        raise PermissionDenied(MISSING, code="password_missing", param="password")
    failed_logins: throttle.FailedLogins = current_app.extensions["florin_failed_logins"]
    if not failed_logins.admit(request.remote_addr, user.email):
        raise RateLimited(TOO_MANY, code="rate_limit")
    database.rollback()
    found = User.by_password(user.email, password)
    if found is None or found.id != user.id:
        raise PermissionDenied(WRONG, code="password_wrong", param="password")
    failed_logins.forgive(request.remote_addr, user.email)
    remember(user.visit_id)
