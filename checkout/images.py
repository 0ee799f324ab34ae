"""Pictures of products and merchants through our own origin: the customer's browser asks nobody else.

An address carries the picture's own address, signed, so that this is no open proxy: only what a merchant has
named is ever fetched. What comes is judged by its first bytes, never by what its server calls it; SVG, which
can carry scripts, is none of the kinds. Where anything is wrong the answer is a letter, drawn here, which
browsers show in the picture's place although it comes with a 404.
"""

import logging

from flask import Blueprint, Response, current_app
from itsdangerous import BadData, URLSafeSerializer
from markupsafe import escape

from checkout import pictures
from checkout.paths import path_to
from payments.branding import LONGEST_URL
from webhooks import reach

logger = logging.getLogger("florin.checkout")

SALT = "florin.checkout.image"
KEPT = "public, max-age=3600"  # by browsers; the picture behind an address may change
MISSING = "public, max-age=60"
LETTER = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><text x="24" y="25" fill="#4d5852"'
    ' font-family="system-ui,sans-serif" font-size="20" font-weight="600" text-anchor="middle"'
    ' dominant-baseline="central">{}</text></svg>'
)
# Whoever opens a picture by itself gets a picture and nothing that runs.
POLICY = "default-src 'none'; sandbox"

blueprint = Blueprint("images", __name__)


def address_of(url: str | None, *, livemode: bool, letter: str = "") -> str | None:
    """Return our own address of a picture; None for none, and for one that is too long to be passed on.

    Without a letter a missing picture is answered with nothing, so that its `alt` is shown.
    """
    if not url or len(url) > LONGEST_URL:
        return None
    return path_to("images.show", token=_signer().dumps([int(livemode), url, letter]))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=SALT)


@blueprint.get("/c/image/<token>")
def show(token: str) -> Response:
    """Answer the picture, or 404 where there is none to show."""
    try:
        livemode, url, letter = _signer().loads(token)
    except BadData:
        return _answer(b"", "text/plain", 404, "no-store")
    found = pictures.fetched(url, reach.reach(livemode=bool(livemode)))
    if isinstance(found, pictures.Picture):
        return _answer(found.body, found.media_type, 200, KEPT)
    logger.info("no picture: %s", found)
    kept = "no-store" if found == pictures.BUSY else MISSING
    if not letter:
        return _answer(b"", "text/plain", 404, kept)
    return _answer(LETTER.format(escape(letter)).encode(), "image/svg+xml", 404, kept)


def _answer(body: bytes, media_type: str, status: int, kept: str) -> Response:
    response = Response(body, status=status, content_type=media_type)
    response.headers.update(
        {
            "Cache-Control": kept,
            "Content-Security-Policy": POLICY,
            "Content-Disposition": "inline",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Robots-Tag": "noindex, nofollow",
        }
    )
    return response
