"""The payment page of many sessions made from one: rendered once for each shape, filled in for each session.

A page is its shape and its leaves. The leaves (checkout/leaves.py, the e-mail address, the way back, the
CSRF token) are written somewhere and steer nothing. All else that a page is made of is the shape's key, in
full: whose session it is and how they look, languages and country, what is asked and offered, how many lines
there are. The second session of a shape has its page rendered once more with marks in the leaves' places, and
that is kept if it says to the byte what the page itself says. Whatever is unusual is rendered as ever: a
problem, a query, a frame, a customer whom the merchant has named, a page about to end (docs/decisions/0018).
"""

import logging
import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import flask
import orjson
from flask import Response, current_app, make_response, render_template, request
from markupsafe import escape
from werkzeug.datastructures import LanguageAccept

from checkout import assets, frames, rendering, typed, visits
from checkout.compressing import wants_gzip
from checkout.countdown import countdown_of
from checkout.countries import home_country
from checkout.csrf import token
from checkout.headers import headers_of
from checkout.i18n import spoken
from checkout.leaves import frame_of, leaves_of, with_leaves
from checkout.pieces import Pieces, cut
from checkout.presentation import Order
from checkout.script_rules import today
from checkout.ways_out import web_address
from kit.encodings import GZIP
from kit.page_headers import transport_headers
from kit.plain_text import unsteered
from payments.hosted.checkout_sessions import PREFILLED_EMAIL, CheckoutSession
from payments.hosted.elsewhere import HOSTS
from payments.merchants import present_name

logger = logging.getLogger("florin.checkout")

NAME = "florin_page_shapes"
MOST_SHAPES = 128  # of 60 to 90 KB each
MOST_SIGHTED = 4096
VIEWS_TO_A_COMPARISON = 500  # with the page as it is rendered, in case that a key lacks something
# Of what the merchant gave, what is a leaf or is on no page. All else may decide what a page looks like.
NO_PART_OF_A_SHAPE = frozenset(("customer_email", PREFILLED_EMAIL, "client_reference_id"))
STEERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
BETWEEN = "\0"
VARY = "Accept-Encoding, Accept-Language, Cookie"

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """A session's page as it was asked for: what its shape is, and what is to be filled in but the token."""

    session: CheckoutSession
    order: Order
    key: Key
    leaves: list[str]
    values: list[bytes]  # the same as templates write them


@dataclass(slots=True)
class Shape:
    """The kept page of a shape, the scripts and sheets that it has, and how often it was asked for."""

    pieces: Pieces
    assets: tuple[assets.Asset, ...]
    headers: tuple[tuple[str, str], ...]
    views: int = 0

    @property
    def is_due(self) -> bool:
        """Tell whether the page is to be rendered once more, and compared with what the shape makes of it."""
        return self.views % VIEWS_TO_A_COMPARISON == VIEWS_TO_A_COMPARISON - 1

    def filled(self, token: str, sight: Sight, *, packed: bool) -> bytes:
        """Return the page of a session for the browser that has the token."""
        self.views += 1
        values = [token.encode(), *sight.values]
        return self.pieces.packed(values) if packed else self.pieces.plain(values)


class Shapes:
    """The shapes that one process knows; those that were longest not asked for go first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, Shape | None] = OrderedDict()
        self._sighted: OrderedDict[int, None] = OrderedDict()
        self._guard = threading.Lock()

    def find(self, key: Key) -> Shape | None:
        """Return the shape of a key, None for one that isn't kept."""
        with self._guard:
            shape = self._kept.get(key)
            if shape is not None:
                self._kept.move_to_end(key)
            return shape

    def is_worth(self, key: Key) -> bool:
        """Tell whether a shape is to be made now: at its second sight, for some never come again."""
        with self._guard:
            if key in self._kept:
                return False
            if hash(key) in self._sighted:
                return True
            self._sighted[hash(key)] = None
            if len(self._sighted) > MOST_SIGHTED:
                self._sighted.popitem(last=False)
            return False

    def keep(self, key: Key, shape: Shape | None) -> None:
        """Keep a shape; None where its pages have to be rendered each by itself."""
        with self._guard:
            self._kept[key] = shape
            if len(self._kept) > MOST_SHAPES:
                self._kept.popitem(last=False)


def register(app: flask.Flask) -> None:
    """Give the app a memory of its own."""
    app.extensions[NAME] = Shapes()


def form_page(session: CheckoutSession) -> Response:
    """Return the payment page of a session that nothing was typed for and nothing has gone wrong with."""
    is_usual = not request.query_string and not typed.again(session)
    sight = sight_of(session, request.accept_languages) if is_usual else None
    shape = known().find(sight.key) if sight is not None else None
    if sight is not None and shape is not None and not shape.is_due:
        return _filled(shape, sight)
    form = rendering.payment_form(session, None)
    answer = rendering.form_page(session, form, None, HTTPStatus.OK)
    if sight is not None:
        if shape is not None:
            _compared(shape, sight, answer.get_data())
        elif known().is_worth(sight.key):
            known().keep(sight.key, _made(sight, answer.get_data()))
    return answer


def known() -> Shapes:
    """Return the app's shapes."""
    shapes: Shapes = current_app.extensions[NAME]
    return shapes


def sight_of(session: CheckoutSession, accepted: LanguageAccept) -> Sight | None:
    """Return what the page depends on, in the language that is spoken; None where it depends on more."""
    unusual = (
        HOSTS
        or session.customer_id is not None
        or session.is_embedded
        or frames.present() is not None
        or countdown_of(session) is not None
        or visits.challenge_address(session)
    )
    if unusual:
        return None
    locale, details = spoken(), session.details
    order = rendering.order_of(session, locale)
    fixed_email = details.get("customer_email")
    leaves = [
        session.id, fixed_email or details.get(PREFILLED_EMAIL) or "", web_address(session.cancel_url) or "",
        *leaves_of(order),
    ]  # fmt: skip
    values = _values(leaves)
    if values is None:
        return None
    key = (
        session.account_id, session.livemode, session.mode, session.currency, tuple(session.types),
        str(locale), home_country(locale, accepted), present_name(), today(),
        session.intent_data.get("setup_future_usage"), bool(fixed_email),
        orjson.dumps({name: given for name, given in details.items() if name not in NO_PART_OF_A_SHAPE}),
        frame_of(order), tuple(map(bool, leaves)),
    )  # fmt: skip
    return Sight(session, order, key, leaves, values)


def _values(leaves: list[str]) -> list[bytes] | None:
    """Return the leaves as a template writes them; None where a sentence would write one otherwise."""
    together = BETWEEN.join(leaves)
    if STEERING.search(together) and any(unsteered(leaf) != leaf for leaf in leaves):
        return None
    values = str(escape(together)).encode().split(BETWEEN.encode())
    return values if len(values) == len(leaves) else None


def _filled(shape: Shape, sight: Sight) -> Response:
    assets.use_again(shape.assets)
    packed = wants_gzip()
    response = Response(shape.filled(token(), sight, packed=packed), content_type=rendering.HTML)
    if packed:
        response.headers["Content-Encoding"] = GZIP
    return response


def _made(sight: Sight, page: bytes) -> Shape | None:
    """Return the shape of a page, None where the page is not to be had of it."""
    nonce = secrets.token_hex(8)  # no text of a merchant's can hold what nobody knew when it was written
    marks = [f"q{nonce}{place}q" if leaf else "" for place, leaf in enumerate(("token", *sight.leaves))]
    pieces = cut(_marked(sight, marks), marks)
    if pieces.plain([token().encode(), *sight.values]) != page:
        logger.warning("a page differs from its shape, and is rendered each time: %s", sight.session.id)
        return None
    used = assets.used()
    guards = transport_headers(current_app.config["FLORIN"].public_url)
    headers = {"Content-Type": rendering.HTML, **headers_of(used), **guards, "Vary": VARY}
    return Shape(pieces, tuple(used), tuple(headers.items()))


def _compared(shape: Shape, sight: Sight, page: bytes) -> None:
    """Let go of a shape that no longer says what its pages say: something steers them that its key lacks."""
    if shape.filled(token(), sight, packed=False) != page:
        logger.error("a shape of the payment page is out of date: %s", sight.session.id)
        known().keep(sight.key, None)


def _marked(sight: Sight, marks: list[str]) -> str:
    """Return the page once more, with marks in its leaves' places."""
    csrf, own_id, email, cancel, *others = marks
    session = sight.session
    form = rendering.payment_form(session, None)
    form.csrf_token.current_token = csrf
    if email:
        form.email.data = email
        form.fixed_email = form.fixed_email and email
    given = rendering.form_values(session, with_leaves(sight.order, iter(others)), form)
    for name in ("action", "change_action"):
        given[name] = given[name].replace(session.id, own_id)
    if cancel:
        given["cancel_url"] = cancel
    if panel := given["panel"]:
        action = panel.action.replace(session.id, own_id)
        given["panel"] = replace(panel, token=csrf, session_id=own_id, action=action)
    return make_response(render_template(rendering.PAY, **given)).get_data(as_text=True)
