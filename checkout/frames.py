"""Sessions whose page stands in a frame on the shop's own: which site that is, and the addresses inside.

Such a page is opened by the session's secret, which stands in each of its addresses. It uses no cookie, since
most browsers send none inside another site's frame. What a cookie proves elsewhere, that a form comes
from a page that we gave out, the secret proves here (checkout/csrf.py).
"""

from dataclasses import dataclass
from typing import Any

from flask import Flask, g, request, url_for
from markupsafe import Markup

from checkout.headers import framed_by
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.ways_back import ALWAYS

SITE = "site"  # the parameter that names the framing site where the session itself names none
SCHEME = "scheme"  # the parameter by which the loader passes on the colours of the page around: light or dark
SCHEMES = frozenset(("light", "dark"))
_FRAME = "checkout_frame"  # in the app context's globals


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame that the present page stands in; `parent` is the one origin that may hold it."""

    secret: str
    parent: str | None
    goes_on: bool  # to the shop's `return_url` once it is paid
    comes_back: bool  # from a bank's page to the shop, so that the whole window may go there
    scheme: str | None = None  # light or dark; None follows the customer's system


def register(app: Flask) -> None:
    """Let templates ask for the frame, and mark the links that lead out of it."""
    app.jinja_env.globals.update(framed=present, outward=outward)


def enter(session: CheckoutSession) -> None:
    """Take in how the present page is shown, before anything of it is made."""
    if not session.is_embedded:
        return
    return_url = session.details["return_url"]
    named = return_url or request.args.get(SITE)
    frame = Frame(
        secret=session.page_key,
        parent=framed_by(named),
        goes_on=session.details["redirect_on_completion"] == ALWAYS,
        comes_back=bool(return_url),
        scheme=_scheme(),
    )
    setattr(g, _FRAME, frame)


def present() -> Frame | None:
    """Return the frame of the page that is being made, None for a page by itself."""
    found: Frame | None = g.get(_FRAME)
    return found


def address(endpoint: str, session: CheckoutSession, **values: str) -> str:
    """Return an address of the session's page; of an embedded one in the same frame, under its secret."""
    kept: dict[str, str] = {}
    if session.is_embedded:
        if not session.details["return_url"] and SITE in request.args:
            kept[SITE] = request.args[SITE]
        if scheme := _scheme():
            kept[SCHEME] = scheme
    given: dict[str, Any] = {"session_id": session.page_key, **values, **kept}
    return url_for(endpoint, **given)


def _scheme() -> str | None:
    named = request.args.get(SCHEME)
    return named if named in SCHEMES else None


def outward() -> Markup:
    """Return the attribute of a link out of the frame: in the whole window, or in one beside it."""
    frame = present()
    if frame is None:
        return Markup("")
    return Markup(' target="_top"') if frame.comes_back else Markup(' target="_blank"')
