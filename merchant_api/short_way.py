"""The short way of an API request: from the server to its verb, past what only pages need of Flask.

Flask opens a session, matches the address against every rule, walks its hooks and lays the answer out anew,
which together cost more than a status read's own work. An operation needs the app's context alone. Whatever
is not exactly the method and the path of an operation goes Flask's own way, and is redirected, refused or
served as a page there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask.ctx import AppContext
from flask.globals import _cv_app
from werkzeug.http import HTTP_STATUS_CODES

from kit.admission import Admission
from merchant_api.bodies import read_body
from merchant_api.crud import View

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

STATUS_LINES = {status: f"{status} {phrase.upper()}" for status, phrase in HTTP_STATUS_CODES.items()}
ARGUMENT = None  # in the place of a segment: any text, named by the rule
Found = tuple[View, dict[str, str]]
# What answers a request with the headers and the body of a 200, or None where Flask has to.
ShortWay = Callable[[Flask, "WSGIEnvironment"], tuple[list[tuple[str, str]], bytes] | None]


class Gateway(Flask):
    """Flask, with a short way for the operations of the API, and with so many places for requests at work."""

    admission = Admission(1)  # the composition root sets how many
    short_ways: tuple[ShortWay, ...] = ()  # of what is no operation; the composition root names them

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer an operation here and anything else as Flask does, once there is a place."""
        read_body(environ, self.config["MAX_CONTENT_LENGTH"])
        with self.admission:
            return self._answered(environ, start_response)

    def _answered(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        found = self._operations.find(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        # Hooks of the whole app, and tests that keep a request's context, rely on all that Flask does.
        if self.before_request_funcs.get(None) or PRESERVED in environ:
            return super().wsgi_app(environ, start_response)
        if found is None:
            answers = (way(self, environ) for way in self.short_ways)
            good = next((answer for answer in answers if answer is not None), None)
            if good is None:
                return super().wsgi_app(environ, start_response)
            headers, body = good
            start_response(STATUS_LINES[200], [*headers, ("Content-Length", str(len(body)))])
            return [body]
        view, arguments = found
        with OperationContext(self):
            answer = view.answer(environ, arguments)
        length = ("Content-Length", str(len(answer.body)))
        start_response(STATUS_LINES[answer.status], [*answer.headers, length])
        return [answer.body]  # granian sends a list at once and anything else piece by piece

    @cached_property
    def _operations(self) -> Operations:
        """Return the operations among the rules of this app, all of which are registered before it serves."""
        operations = Operations()
        for rule in self.url_map.iter_rules():
            view = self.view_functions[rule.endpoint]
            if isinstance(view, View):
                operations.add(rule.rule, view)
        return operations


class OperationContext(AppContext):
    """The app's context for one operation, whose coming and going nobody listens to.

    Flask tells its signals of both, and asks of each function that is to be called at the end whether it is a
    coroutine.
    """

    def push(self) -> None:
        """Be the present context."""
        self._cv_tokens.append(_cv_app.set(self))

    def pop(self, exc: BaseException | None = None) -> None:
        """Call what is to be called at the end, and be the present context no longer."""
        try:
            for at_the_end in reversed(self.app.teardown_appcontext_funcs):
                at_the_end(exc)
        finally:
            _cv_app.reset(self._cv_tokens.pop())


PRESERVED = "werkzeug.debug.preserve_context"


class Operations:
    """The operations by the segments of their paths; a plain segment goes before an argument, as in Flask."""

    def __init__(self) -> None:
        self._root: dict[str | None, Any] = {}

    def add(self, rule: str, view: View) -> None:
        """Take in an operation under a rule such as `/v1/refunds/<id>`."""
        node = self._root
        names = []
        for segment in rule.split("/"):
            is_argument = segment.startswith("<")
            if is_argument:
                names.append(segment[1:-1])
            node = node.setdefault(ARGUMENT if is_argument else segment, {})
        node.setdefault(LEAF, {})[view.described.method] = (view, tuple(names))

    def find(self, method: str, path: str) -> Found | None:
        """Return the operation of a path, with its arguments; None where Flask has to look."""
        if not path.isascii():
            return None  # Its bytes are to be decoded first.
        node = self._root
        values = []
        for segment in path.split("/"):
            following = node.get(segment)
            if following is None:
                following = node.get(ARGUMENT)
                if following is None or not segment:
                    return None
                values.append(segment)
            node = following
        view, names = node.get(LEAF, {}).get(method, (None, ()))
        return None if view is None else (view, dict(zip(names, values, strict=True)))


LEAF = "/"  # no segment has a slash
