"""Pictures of products and merchants through our own origin: the customer's browser asks nobody else.

An address carries the picture's own address, signed, so that this is no open proxy: only what a merchant has
named is ever fetched. What comes is judged by its first bytes, never by what its server calls it; SVG, which
can carry scripts, is none of the kinds. Where anything is wrong the page shows the letter that lies beneath.
"""

import logging

from flask import Blueprint, Response, current_app, url_for
from itsdangerous import BadData, URLSafeSerializer

from checkout import pictures
from payments.branding import LONGEST_URL
from webhooks import reach

logger = logging.getLogger("florin.checkout")

SALT = "florin.checkout.image"
KEPT = "public, max-age=3600"  # by browsers; the picture behind an address may change
MISSING = "public, max-age=60"
# Whoever opens a picture by itself gets a picture and nothing that runs.
POLICY = "default-src 'none'; sandbox"

blueprint = Blueprint("images", __name__)


def address_of(url: str | None, *, livemode: bool) -> str | None:
    """Return our own address of a picture; None for none, and for one that is too long to be passed on."""
    if not url or len(url) > LONGEST_URL:
        return None
    return url_for("images.show", token=_signer().dumps([int(livemode), url]))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=SALT)


@blueprint.get("/c/image/<token>")
def show(token: str) -> Response:
    """Answer the picture, or 404 where there is none to show."""
    try:
        livemode, url = _signer().loads(token)
    except BadData:
        return _answer(b"", "text/plain", 404, "no-store")
    found = pictures.fetched(url, reach.reach(livemode=bool(livemode)))
    if isinstance(found, pictures.Picture):
        return _answer(found.body, found.media_type, 200, KEPT)
    logger.info("no picture: %s", found)
    return _answer(b"", "text/plain", 404, "no-store" if found == pictures.BUSY else MISSING)


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
