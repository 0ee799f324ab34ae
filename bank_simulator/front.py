"""What all pages of the bank share: who may see them, their headers and forms, and the signed way back.

A customer's browser reaches the blueprints named in PUBLIC without a caller's secret; a page's address is
unguessable and is all that one needs. Forms hold a token that fits one browser's cookie only, so that no
other site, the shop's included, can press a button in the customer's name.
"""

import hashlib
import hmac
import re
import secrets
from copy import copy
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import NumberPattern
from flask import Blueprint, Response, g, request, send_from_directory
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response as AnyResponse

from bank_simulator import languages
from bank_simulator.desk import bank_at_hand
from bank_simulator.languages import N_

PUBLIC: set[str] = {"front"}  # names of blueprints

VISITOR = "bank_visitor"
VISITOR_WORD = re.compile(r"[A-Za-z0-9_-]{43}")
FORM_TOKEN = "form_token"  # noqa: S105 - the name of a field
RETURN_SALT = "florin.return"
STYLES_SECONDS = 3600

HEADERS = {
    "Cache-Control": "no-store",
    # No script at all, nothing from elsewhere. A form's answer may not lead to another origin, so a page that
    # does is told to the browser by a refresh.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

# Minor units as on the wire of cards; the rest has two.
NO_DECIMALS = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
ARABIC = {
    ord("0") + digit: 0x0660 + digit for digit in range(10)
}  # Babel sets separators, and leaves digits Western
THREE_DECIMALS = frozenset("bhd jod kwd omr tnd".split())

STRANGER = N_("This page was open for too long, or your browser does not keep cookies. Please try again.")

assets = Blueprint("front", __name__)


@assets.get("/assets/<path:name>")
def asset(name: str) -> Response:
    """A style sheet or a picture of a page."""
    response = send_from_directory("static", name, max_age=STYLES_SECONDS)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def speak_to(reference: str) -> None:
    """Makes the page in the language that the caller has told of a reference's customer."""
    languages.speak(bank_at_hand().storage.read(lambda tx: languages.told(tx, reference)))


def protect(response: AnyResponse) -> AnyResponse:
    """For a blueprint's `after_request`: the headers of a page, and the browser's cookie where it is new."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    fresh = g.get("fresh_visitor")
    if fresh is not None:
        response.set_cookie(VISITOR, fresh, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def form_token(subject: str) -> str:
    """The hidden field of a form about `subject`, good for this browser alone."""
    visitor = request.cookies.get(VISITOR, "")
    if VISITOR_WORD.fullmatch(visitor) is None:
        visitor = g.setdefault("fresh_visitor", secrets.token_urlsafe(32))
    return _token(visitor, subject)


def form_is_ours(subject: str) -> bool:
    """Whether the form that was sent is one that this browser was shown."""
    wanted = _token(request.cookies.get(VISITOR, ""), subject)
    return hmac.compare_digest(request.form.get(FORM_TOKEN, "").encode(), wanted.encode())


def return_address(return_url: str, reference: str, outcome: str) -> str:
    """Where the customer goes back to, with the bank's word on what this is about."""
    signer = URLSafeTimedSerializer(bank_at_hand().settings.secret, salt=RETURN_SALT)
    token = signer.dumps({"reference": reference, "outcome": outcome})
    return f"{return_url}{'&' if '?' in return_url else '?'}token={token}"


def money(amount_minor: int, currency: str) -> str:
    """An amount as the customer's language writes it: $20.00, 20,00 € in German."""
    decimals = 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    locale = languages.language().locale
    text = _pattern(locale, decimals).apply(
        Decimal(amount_minor).scaleb(-decimals),
        locale,
        currency=currency.upper(),
        currency_digits=False,
        numbering_system="default",
    )
    return str(text).translate(ARABIC) if locale.default_numbering_system == "arab" else str(text)


@lru_cache(maxsize=64)
def _pattern(locale: Locale, decimals: int) -> NumberPattern:
    pattern: NumberPattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    return pattern


def _token(visitor: str, subject: str) -> str:
    key = hmac.new(bank_at_hand().settings.secret.encode(), b"forms", hashlib.sha256).digest()
    return hmac.new(key, f"{visitor}.{subject}".encode(), hashlib.sha256).hexdigest()
