"""The short way of a first look at a payment page: from the server to the page's shape, past Flask's steps.

Opening a session, matching the address, walking hooks and laying headers out anew cost more than the page has
left to do. A browser's first look brings no cookie and asks for nothing but the page. Whatever is not exactly
that, whose shape isn't known, or that goes wrong here, takes Flask's own way and is answered there.
"""

import logging
from functools import lru_cache
from wsgiref.types import WSGIEnvironment

from flask import Flask
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from checkout import gate, pages, shapes, visits
from checkout.csrf import first_token
from checkout.i18n import speaking
from checkout.locales import choose_locale
from kit import database
from kit.encodings import GZIP, LONGEST_HEADER, takes_gzip
from payments.hosted.checkout_sessions import CheckoutSession
from payments.scope import acting_as

logger = logging.getLogger("florin.checkout")

PREFIX = "/c/pay/"
Answer = tuple[list[tuple[str, str]], bytes]


def answer(app: Flask, environ: WSGIEnvironment) -> Answer | None:
    """Return headers and body of a page that is answered with 200, None where Flask has to look."""
    path = environ["PATH_INFO"]
    if not path.startswith(PREFIX) or environ["REQUEST_METHOD"] != "GET":
        return None
    if environ.get("QUERY_STRING") or "HTTP_COOKIE" in environ:
        return None
    with app.app_context():
        try:
            session = visits.find_session(path[len(PREFIX) :])
            return None if session is None else _page(app, environ, session)
        except Exception:
            logger.exception("the short way of a page failed; it takes the long one")
            database.rollback()
            return None


def _page(app: Flask, environ: WSGIEnvironment, session: CheckoutSession) -> Answer | None:
    accepted = _languages(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    locale = choose_locale(session.details.get("locale"), accepted)
    buyer = visits.buyer_at(session, environ.get("REMOTE_ADDR"))
    with acting_as(buyer), speaking(locale):
        page = gate.page_for(visits.state_of(session))
        sight = shapes.sight_of(session, accepted) if page == "pay" else None
        shape = shapes.known().find(sight.key) if sight is not None else None
        if sight is None or shape is None or shape.is_due:
            return None
        token, cookie = first_token(app)
        packed = takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        body = shape.filled(token, sight, packed=packed)
        pages.remember_look(session, page)
    encoding = [("Content-Encoding", GZIP)] if packed else []
    return [*shape.headers, *encoding, ("Set-Cookie", cookie)], body


def _languages(header: str) -> LanguageAccept:
    return _known_languages(header) if len(header) <= LONGEST_HEADER else _parsed(header)


def _parsed(header: str) -> LanguageAccept:
    return parse_accept_header(header, LanguageAccept)


_known_languages = lru_cache(maxsize=512)(_parsed)
