"""The outside world: an acquiring bank, its network and its issuers, as a process of its own.

It imports nothing of Florin and nothing of Florin imports it; the two meet over HTTP, as they would
with a real bank. A request walks downwards through these rooms:

    acquirer.py        the HTTP verbs, and one answer for each reference
    authorizations.py  the acquirer's books; operations.py  capture, void and refund
    network.py         routes by BIN, translates ISO 8583's response codes into decline codes
    issuer.py          accounts, limits, velocity, expiry, CVC and address checks
    cards.py           the one table of magic numbers
    challenge.py       what is kept while a holder has to confirm (three_d_secure.py says who must);
                       challenge_pages.py  the issuer's pages, completion.py  how it ends
    journal.py         every operation with its answer, append-only
    storage.py         one transaction for the answer, the books and the journal; tables.py
                       and group_commit.py, by which SQLite's writers share an fsync

    clearing.py        at each cut-off, what moved is priced (pricing.py, rates.py) and settled
    settlement.py      the settlements and their files; payouts.py  from merchants' accounts; treasury.py
                       holds the books of both

Beside them: desk.py (what every counter has at hand), front.py (what all pages share), languages.py
(what they speak), clock.py and schedule.py (the bank's time, and what it does by itself later) and
notices.py (what it tells Florin unasked).

customer_acts.py has a customer act without a page, lost_answers.py loses answers on demand.
faults.py says which calls go wrong, fault_effects.py how; fault_switch.py sets it, as does fault_proxy.py, a
line to the bank that breaks on demand.

`python -m bank_simulator` serves it; docs/bank_simulator.md shows its API.
"""

import time
from collections.abc import Callable

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from bank_simulator import (
    casework,
    clearing,
    customer_acts,
    fault_switch,
    futures,
    languages,
    payouts,
    settlement,
)
from bank_simulator.acquirer import check_caller, counter
from bank_simulator.challenge_pages import pages
from bank_simulator.clock import BankClock
from bank_simulator.config import BankSettings, read_settings
from bank_simulator.desk import Bank
from bank_simulator.errors import BankError
from bank_simulator.front import assets
from bank_simulator.methods import pages as method_pages
from bank_simulator.notices import Messenger
from bank_simulator.schedule import Clockwork
from bank_simulator.storage import Storage

__all__ = ["Bank", "BankSettings", "create_bank"]


def create_bank(settings: BankSettings | None = None, clock: Callable[[], float] = time.time) -> Flask:
    """The bank as a WSGI application. It makes its tables where they are missing.

    Raises BadSetting or BadDatabase, whose text is meant for a person. `app.extensions["bank"]` works by
    itself from `start()` on; `stop()` and `storage.close()` are for whoever ends it before its process.
    """
    chosen = settings or read_settings()
    storage = Storage(chosen.database_url)
    futures.set_pace(chosen.later_seconds)
    storage.create()
    app = Flask("bank_simulator", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["bank"] = _bank(chosen, storage, clock)
    clearing.begin(storage, chosen.name, app.extensions["bank"].now())
    counters = (counter, casework.counter, customer_acts.counter, settlement.counter, payouts.counter)
    for blueprint in counters:
        app.register_blueprint(blueprint)
    languages.register(app)
    app.register_blueprint(assets)
    app.register_blueprint(pages)
    app.register_blueprint(method_pages.counter)
    app.register_blueprint(method_pages.pages)
    app.register_blueprint(method_pages.pictures)
    app.before_request(check_caller)
    fault_switch.install(app)
    app.register_error_handler(BankError, _refused)
    app.register_error_handler(HTTPException, _not_served)
    return app


def _bank(settings: BankSettings, storage: Storage, clock: Callable[[], float]) -> Bank:
    own_clock = BankClock(storage, clock)
    messenger = Messenger(storage, bank_name=settings.name, url=settings.notice_url, secret=settings.secret)
    return Bank(settings, storage, own_clock, Clockwork(storage, own_clock), messenger)


def _refused(problem: BankError) -> tuple[Response, int]:
    return jsonify(problem.as_json()), problem.status


def _not_served(problem: HTTPException) -> Response:
    """Unknown paths and methods, and a fault of the bank's own, in the same shape as its other errors."""
    status = problem.code or 500
    code = {404: "not_found", 405: "method_not_allowed", 500: "internal_error"}.get(status, "invalid_request")
    response = jsonify(error={"code": code, "message": problem.name, "field": None})
    response.status_code = status
    for name, value in problem.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response
