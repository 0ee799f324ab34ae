"""Who is signed in: flask-login's user, whose cookie ends with the sign-out, the day or the password.

The cookie's id is `user.visit.began.fingerprint`, signed with the house's key. A visit that was closed stays
closed, since the audit trail says so: a copy of an old cookie opens nothing.
"""

import hashlib
from dataclasses import dataclass

from flask_login import LoginManager, current_user
from sqlalchemy import select

from kit import clock
from kit.database import db
from kit.ids import new_id
from payments.audit import AuditRow
from payments.merchants import User

LONGEST_SECONDS = 12 * 3600
OPENED, CLOSED = "dashboard.visit.opened", "dashboard.visit.closed"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user during one visit, from signing in to signing out."""

    id: str
    account_id: str
    email: str
    visit_id: str
    began: int
    password_fingerprint: str

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """Return what the session's cookie keeps."""
        return f"{self.id}.{self.visit_id}.{self.began}.{self.password_fingerprint}"


def begin_visit(user: User) -> SignedIn:
    """Return a user who has just given the right password, on a visit of its own."""
    return _signed_in(user, new_id("visit_"), clock.now())


def present() -> SignedIn | None:
    """Return who is signed in, None for a stranger."""
    user = current_user._get_current_object()  # noqa: SLF001 - how flask-login's proxy is taken off
    return user if isinstance(user, SignedIn) else None


def login_manager() -> LoginManager:
    """Return the manager that reads the cookie; an address or browser that changes ends the visit."""
    manager = LoginManager()
    manager.session_protection = "strong"
    manager.user_loader(_load)
    return manager


def _load(cookie_id: str) -> SignedIn | None:
    user_id, visit_id, began, fingerprint = cookie_id.split(".")
    user = db.session.get(User, user_id)
    if user is None or int(began) + LONGEST_SECONDS <= clock.now() or _closed(visit_id):
        return None
    signed_in = _signed_in(user, visit_id, int(began))
    return signed_in if signed_in.password_fingerprint == fingerprint else None


def _closed(visit_id: str) -> bool:
    query = select(AuditRow.seq).where(AuditRow.object_id == visit_id, AuditRow.action == CLOSED).limit(1)
    return db.session.scalar(query) is not None


def _signed_in(user: User, visit_id: str, began: int) -> SignedIn:
    fingerprint = hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]
    return SignedIn(user.id, user.account_id, user.email, visit_id, began, fingerprint)
