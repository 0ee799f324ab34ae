"""The loader that a shop's page takes from us: it puts the framed page there, and named as in Stripe.js."""

from functools import lru_cache

from flask import Blueprint, Response, request

from checkout import assets

NAME = "embed/florin.js"
KEPT = "public, max-age=300"  # short: a shop that pins no hash gets a mended loader within minutes

blueprint = Blueprint("embed", __name__)


@blueprint.get("/embed/florin.js")
def loader() -> Response:
    """Serve the loader to any site: it holds nothing but code."""
    response = Response(_content(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = KEPT
    response.headers["X-Content-Type-Options"] = "nosniff"
    # A script tag with `integrity` asks in CORS mode, and any shop may ask.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.add_etag()
    response.make_conditional(request)
    return response


@lru_cache(maxsize=1)
def _content() -> bytes:
    return (assets.FOLDER / NAME).read_bytes()
