"""The naive handler: plain Flask-SQLAlchemy as a first version would have it, writing Florin's rows.

Reasonable, idiomatic code: the API key is looked up on each request, objects are added to the session and
committed by the unit of work, the bank is called with `requests` between two commits (no transaction waits
for it), answers go through `jsonify`. Its models are reflected from Florin's own tables.
"""

import hashlib
import json
import os
from functools import cache
from typing import Any

import requests
from flask import Flask, Response, abort, jsonify, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData, Table, event
from sqlalchemy.orm import DeclarativeBase

from bench.limit import LIST_URL, PAGE, templates
from bench.rows import Row, Template, Writer, fresh_atoms
from bench.servers import THREADS


class Base(DeclarativeBase):
    """The reflected models' base."""


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("BENCH_DATABASE_URL", "sqlite://")
# A connection for each of the server's threads; with the default pool of five some requests would time out.
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": THREADS}
db = SQLAlchemy(app, model_class=Base, disable_autonaming=True)


def use_wal(connection: Any, _record: object) -> None:
    """Give SQLite the same durability that Florin asks of it."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


with app.app_context():
    if db.engine.dialect.name == "sqlite":
        event.listen(db.engine, "connect", use_wal)


@cache
def model(table: str) -> Any:
    """Make a model of one of Florin's tables."""
    reflected = Table(table, MetaData(), autoload_with=db.engine, resolve_fks=False)
    return type(table.title(), (Base,), {"__table__": reflected})


@cache
def writer(name: str) -> Writer:
    """Prepare a template."""
    return Writer(templates()[name])


@app.before_request
def authenticate() -> None:
    """Look the API key up, as every first version does."""
    plain = (request.authorization.token or "") if request.authorization else ""
    hashed = hashlib.sha256(plain.encode()).hexdigest()
    if db.session.execute(db.select(model("api_keys")).filter_by(hashed=hashed)).scalar_one_or_none() is None:
        abort(401)


def make_objects(ready: Writer, values: list[Any]) -> list[tuple[Row, Any]]:
    """Make one object for each row."""
    made = []
    at = 0
    for row in ready.template.rows:
        fields = dict(zip(row.columns, values[at : at + len(row.columns)], strict=True))
        for name in row.documents:
            fields[name] = json.loads(fields[name]) if fields[name] is not None else None
        made.append((row, model(row.table)(**fields)))
        at += len(row.columns)
    return made


@app.post("/write/<name>")
def create(name: str) -> Response:
    """Add the rows and commit."""
    ready = writer(name)
    fresh = fresh_atoms(ready.lengths)
    for _, thing in make_objects(ready, ready.values(fresh)):
        db.session.add(thing)
    db.session.commit()
    return jsonify(json.loads(ready.answer.fill(fresh)))


@app.post("/confirm/<name>")
def confirm(name: str) -> Response:
    """Commit the intent, ask the bank, then commit all that came of it."""
    ready = writer(name)
    fresh = fresh_atoms(ready.lengths)
    things = make_objects(ready, ready.values(fresh))
    main = next(thing for row, thing in things if row.table == ready.template.object_table)
    status, main.status = main.status, "processing"
    db.session.add(main)
    db.session.commit()
    ask_bank(fresh[0], json.loads(ready.template.answer))
    main.status = status
    db.session.add_all([thing for _, thing in things if thing is not main])
    db.session.commit()
    return jsonify(json.loads(ready.answer.fill(fresh)))


def ask_bank(reference: str, intent: dict[str, Any]) -> None:
    """Ask for an authorisation."""
    answer = requests.post(
        os.environ["BENCH_BANK_URL"] + "/v1/authorizations",
        json={
            "reference": reference,
            "merchant_id": "bench",
            "amount_minor": intent["amount"],
            "currency": intent["currency"],
            "capture": True,
            "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": None},
            "initiator": "merchant",
        },
        timeout=20,
    )
    answer.raise_for_status()


def render(template: Template, row: Any) -> dict[str, Any]:
    """Make a row's answer."""
    shown: dict[str, Any] = json.loads(template.answer.replace(template.object_id, row.id))
    return shown


@app.get("/read/<name>/<object_id>")
def retrieve(name: str, object_id: str) -> Response:
    """Show one object."""
    template = templates()[name]
    shown = render(template, db.get_or_404(model(template.object_table), object_id))
    if template.rows:
        ready = writer(name)
        db.session.add_all(
            [thing for _, thing in make_objects(ready, ready.values(fresh_atoms(ready.lengths)))]
        )
        db.session.commit()
    return jsonify(shown)


@app.get("/list/<name>")
def page(name: str) -> Response:
    """Show the newest objects of the account."""
    template = templates()[name]
    table = model(template.object_table)
    account_id, livemode = template.owner
    query = db.select(table).filter_by(account_id=account_id, livemode=livemode)
    found = db.session.execute(query.order_by(table.id.desc()).limit(PAGE + 1)).scalars().all()
    data = [render(template, row) for row in found[:PAGE]]
    return jsonify({"object": "list", "data": data, "has_more": len(found) > PAGE, "url": LIST_URL})
