"""`/v1/faults`: the switch as the bank itself has it, and the faults that a WSGI application can carry out.

The plan is the process's own and gone with it. A bank of several processes, and whatever befalls the
connection itself, takes the fault proxy (fault_proxy.py), which has the same switch.
"""

import io
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify

from bank_simulator.desk import body
from bank_simulator.fault_effects import Reply, carry_out
from bank_simulator.faults import ANSWERS, Plan, Switch, call_of, read_plan
from bank_simulator.forms import BODY_BYTES

counter = Blueprint("faults", __name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


@counter.put("/v1/faults")
def put_faults() -> Response:
    switch = _switch()
    switch.replace(read_plan(body()))
    return jsonify(switch.as_json())


@counter.get("/v1/faults")
def show_faults() -> Response:
    return jsonify(_switch().as_json())


@counter.delete("/v1/faults")
def delete_faults() -> Response:
    switch = _switch()
    switch.replace(Plan())
    return jsonify(switch.as_json())


def install(app: Flask) -> None:
    """Gives the bank its switch, and lets the plan in force befall its calls."""
    switch = Switch(frozenset(ANSWERS))
    app.extensions["faults"] = switch
    app.register_blueprint(counter)
    app.wsgi_app = _Faulty(app.wsgi_app, switch)  # type: ignore[method-assign]


class _Faulty:
    """A WSGI application around the bank's own."""

    def __init__(self, bank: Application, switch: Switch) -> None:
        self._bank = bank
        self._switch = switch

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self._switch.plan.rules:
            return self._bank(environ, start_response)
        given = environ["wsgi.input"].read(min(int(environ.get("CONTENT_LENGTH") or 0), BODY_BYTES + 1))
        environ["wsgi.input"] = io.BytesIO(given)
        strike = self._switch.strike(call_of(environ["REQUEST_METHOD"], environ["PATH_INFO"], given))
        if strike is None:
            return self._bank(environ, start_response)
        # A copy, since a late act comes when the server has done with this request.
        kept = {name: value for name, value in environ.items() if not name.startswith("werkzeug.")}
        reply = carry_out(strike, lambda: self._ask({**kept, "wsgi.input": io.BytesIO(given)}))
        phrase = HTTPStatus(reply.status).phrase
        start_response(f"{reply.status} {phrase}", list(reply.headers))
        return [reply.body]

    def _ask(self, environ: Environ) -> Reply:
        told: list[Any] = []

        def start(
            status: str, headers: list[tuple[str, str]], _problem: Any = None
        ) -> Callable[[bytes], None]:
            told[:] = [int(status.split(maxsplit=1)[0]), tuple(headers)]
            return lambda _: None

        answer = self._bank(environ, start)
        try:
            content = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        return Reply(told[0], told[1], content)


def _switch() -> Switch:
    switch = current_app.extensions["faults"]
    if not isinstance(switch, Switch):
        raise TypeError("The application was not made by create_bank.")
    return switch
