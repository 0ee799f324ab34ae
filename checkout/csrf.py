"""The token of the pages' forms: bound to the browser's cookie, or in a frame to the session's secret.

In another site's frame most browsers keep no cookie of ours, so a framed page uses none at all. Its token is
signed with a key made of the session's client secret. That is safe because a forged form gains nothing there:
our pages know no login, and no browser adds a right of its own to a request. All that a request may do it may
do by the secret in its address. A site that doesn't know the secret can't send such a form; one that knows it
could send the form by itself and needs no customer's browser for that. The token still expires, is good for
its one session alone, and shows that the form comes from a page that we gave out.
"""

import secrets
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, g, session
from flask_wtf.csrf import validate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.http import dump_cookie
from wtforms import ValidationError
from wtforms.csrf.core import CSRF

from checkout import frames
from kit.sealing import Sealer

# flask-wtf's names: of the token, in a form, in the cookie and in the request's globals.
FIELD, SALT = "csrf_token", "wtf-csrf-token"
COOKIE = "florin_cookie_of_pages"


class TokenOfPage(CSRF):  # type: ignore[misc]  # wtforms publishes no types
    """Gives each form of a page its token, and checks the one that comes back."""

    def setup_form(self, form: Any) -> Any:
        """Keep what the form says of its token's life."""
        self.meta = form.meta
        return super().setup_form(form)

    def generate_csrf_token(self, _field: Any) -> str:
        """Return the token of the present page."""
        return token()

    def validate_csrf_token(self, _form: Any, field: Any) -> None:
        """Refuse a token that is not of the present page; raises ValidationError."""
        frame, limit = frames.present(), self.meta.csrf_time_limit
        if frame is None:
            validate_csrf(field.data, time_limit=limit)
            return
        try:
            _sealer(frame.secret).loads(field.data or "", max_age=limit)
        except BadData as error:
            message = "The token is not of this page, or too old."
            raise ValidationError(message) from error


def token() -> str:
    """Return the token for the forms of the present page."""
    frame = frames.present()
    if frame is None:
        return _token_of_browser()
    return str(_sealer(frame.secret).dumps("form"))


def _token_of_browser() -> str:
    """Return what flask-wtf's `generate_csrf` would, and where it would look for it, at less cost."""
    found = g.get(FIELD)
    if found is None:
        if FIELD not in session:
            session[FIELD] = secrets.token_hex(20)
        found = str(_browsers(str(current_app.secret_key)).dumps(session[FIELD]))
        setattr(g, FIELD, found)
    return str(found)


def first_token(app: Flask) -> tuple[str, str]:
    """Return the token of a browser that has no cookie yet, and the cookie that it is given with it.

    They are what `token` and Flask's session come to, without a request of Flask's.
    """
    own = secrets.token_hex(20)
    sealer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # app.py's own
    before, after = _cookie(app)
    return str(_browsers(str(app.secret_key)).dumps(own)), f"{before}{sealer.dumps({FIELD: own})}{after}"


def _cookie(app: Flask) -> tuple[str, str]:
    """Return what stands before and behind the value of the pages' cookie."""
    known: tuple[str, str] | None = app.extensions.get(COOKIE)
    if known is None:
        ways = app.session_interface
        written = dump_cookie(
            ways.get_cookie_name(app),
            "value",
            path=ways.get_cookie_path(app),
            domain=ways.get_cookie_domain(app),
            secure=ways.get_cookie_secure(app),
            httponly=ways.get_cookie_httponly(app),
            samesite=ways.get_cookie_samesite(app),
        )
        before, _, after = written.partition("=value")
        known = app.extensions[COOKIE] = (f"{before}=", after)
    return known


@lru_cache(maxsize=16)
def _browsers(secret_key: str) -> Sealer:
    return Sealer(secret_key, salt=SALT)


def _sealer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=f"framed page of {secret}")
