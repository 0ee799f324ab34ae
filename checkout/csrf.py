"""The token of the pages' forms: bound to the browser's cookie, or in a frame to the session's secret.

In another site's frame most browsers keep no cookie of ours, so a framed page uses none at all. Its token is
signed with a key made of the session's client secret. That is safe because a forged form gains nothing there:
our pages know no login, and no browser adds a right of its own to a request. All that a request may do it may
do by the secret in its address. A site that doesn't know the secret can't send such a form; one that knows it
could send the form by itself and needs no customer's browser for that. The token still expires, is good for
its one session alone, and shows that the form comes from a page that we gave out.
"""

from typing import Any

from flask import current_app
from flask_wtf.csrf import generate_csrf, validate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer
from wtforms import ValidationError
from wtforms.csrf.core import CSRF

from checkout import frames


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
        return str(generate_csrf())
    return str(_sealer(frame.secret).dumps("form"))


def _sealer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=f"framed page of {secret}")
