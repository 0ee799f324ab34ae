"""`./run bench page`: what the payment page costs to make, beside the same answer sent as a constant.

Some hundred sessions of one shop, of other names, amounts and e-mail addresses, each looked at by browsers
that have never been here: they bring no cookie, so that each look gets one, and a token. Pages and constant
go through the same app in one process, in turns; only the thread's own processor time is counted. The
constant has one such page's bytes and headers already. Where a browser takes gzip, the house compresses it
each time anew in one row, and sends what was compressed before in the next. The first looks at a kind of
page, which render it, belong to the warming up; the very first is told by itself.
"""

import argparse
import gc
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response
from flask.testing import FlaskClient

from app import create_app
from bench.servers import REPOSITORY, BenchFailure, environment
from bench.workloads import FORM, KEY
from checkout.compressing import compressed
from config import load

CONSTANT, PACKED = "/bench-constant", "/bench-packed"
SESSIONS = 200
LANGUAGE = "de-DE,de;q=0.9"
PLAIN, GZIP = "identity", "gzip, deflate, br"
# Made for each visit, so that a constant's would be no header of its own: the app adds them to both.
NOT_KEPT = ("Content-Length", "Content-Encoding", "Vary")
WORDS = "Rose Tulip Aster Cornflower Söller Crème Nº4 & <Sons> “Field” Guide Mug".split()
# What a session may ask beside the card; the rows of the bench.
ASKED = {
    "billing_address_collection": "required",
    "consent_collection[terms_of_service]": "required",
    "consent_collection[promotions]": "auto",
    "custom_fields[0][key]": "engraving",
    "custom_fields[0][label][type]": "custom",
    "custom_fields[0][label][custom]": "Engraving",
    "custom_fields[0][type]": "text",
    "custom_fields[1][key]": "size",
    "custom_fields[1][label][type]": "custom",
    "custom_fields[1][label][custom]": "Size",
    "custom_fields[1][type]": "dropdown",
    "custom_fields[1][dropdown][options][0][label]": "Small",
    "custom_fields[1][dropdown][options][0][value]": "S",
    "custom_fields[1][dropdown][options][1][label]": "Large",
    "custom_fields[1][dropdown][options][1][value]": "L",
    "name_collection[individual][enabled]": "true",
    "name_collection[business][enabled]": "true",
    "phone_number_collection[enabled]": "true",
    "shipping_address_collection[allowed_countries][0]": "DE",
    "shipping_address_collection[allowed_countries][1]": "IN",
    "tax_id_collection[enabled]": "true",
}
KINDS: dict[str, dict[str, str]] = {"a card": {}, "all that may be asked": ASKED}


def prepared(folder: Path) -> Flask:
    """Return the app on a fresh SQLite database, migrated and seeded as `./run` does."""
    given = {
        "DATABASE_URL": f"sqlite:///{folder}/florin.sqlite3",
        "DATA_DIR": str(folder),
        "BANK_URL": "http://127.0.0.1:9",  # nobody is asked for a page
        "DEMO_SECRET_KEY": KEY,
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "RUN_JOBS_HERE": "false",
        "SPOOL_QUERIES": "true",  # as the web server does
    }
    for module in ("migrations", "seed"):
        command = [sys.executable, "-m", module]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=environment(given), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BenchFailure(f"python -m {module} failed:\n{done.stdout}{done.stderr}")
    return create_app(load({**os.environ, **given}))


def opened(client: FlaskClient, number: int, asked: dict[str, str]) -> str:
    """Open one session of two lines; return its page's path."""
    luck = Random(number)  # noqa: S311 - words and prices of a bench
    given = {
        "mode": "payment",
        "success_url": "https://shop.example/done?id={CHECKOUT_SESSION_ID}",
        "cancel_url": f"https://shop.example/cart?order={number}",
        "client_reference_id": f"order-{number}",
        "customer_email": f"jenny.rosen+{number}@example.com",
        "metadata[order]": str(number),
        **asked,
    }
    for place in range(2):
        line = f"line_items[{place}]"
        given |= {
            f"{line}[quantity]": str(1 if place else luck.randint(2, 9)),
            f"{line}[price_data][currency]": "eur",
            f"{line}[price_data][unit_amount]": str(luck.randint(100, 250_000)),
            f"{line}[price_data][product_data][name]": " ".join(luck.sample(WORDS, 3)),
            f"{line}[price_data][product_data][description]": " ".join(luck.sample(WORDS, 5)),
        }
    answer = client.post("/v1/checkout/sessions", data=urlencode(given), headers=FORM)
    if answer.status_code != 200:
        raise BenchFailure(answer.get_data(as_text=True))
    return f"/c/pay/{answer.get_json()['id']}"


def caller(app: Flask, path: str, encoding: str) -> Callable[[], None]:
    """Return what asks for an address as a server would, and raises BenchFailure for anything but a 200."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "wsgi.multithread": True,
        "wsgi.multiprocess": False, "wsgi.run_once": False, "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000", "HTTP_ACCEPT": "text/html", "HTTP_USER_AGENT": "bench",
        "HTTP_ACCEPT_LANGUAGE": LANGUAGE, "HTTP_ACCEPT_ENCODING": encoding,
    }  # fmt: skip

    def once() -> None:
        statuses: list[str] = []

        def started(status: str, _headers: Any, _error: Any = None) -> Callable[[bytes], object]:
            statuses.append(status)
            return statuses.append  # type: ignore[return-value]  # nobody writes by it

        body = b"".join(app.wsgi_app({**environ, "wsgi.input": io.BytesIO()}, started))
        if not statuses[0].startswith("200"):
            raise BenchFailure(f"{path} answered {statuses[0]}: {body[:500]!r}")

    return once


def with_constants(app: Flask) -> list[Response]:
    """Mount the constants; the answer put into the list is what they send."""
    kept: list[Response] = []
    packed: dict[int, bytes] = {}

    def answer(body: bytes) -> Response:
        headers = [(name, text) for name, text in kept[-1].headers if name not in NOT_KEPT]
        return Response(body, kept[-1].status_code, headers)

    @app.get(CONSTANT)
    def constant() -> Response:
        return compressed(answer(kept[-1].get_data()))

    @app.get(PACKED)
    def packed_before() -> Response:
        if len(kept) not in packed:
            packed[len(kept)] = compressed(answer(kept[-1].get_data())).get_data()
        response = answer(packed[len(kept)])
        response.headers["Content-Encoding"] = "gzip"
        return response

    return kept


def measured(kinds: Sequence[Sequence[Callable[[], None]]], turns: int) -> list[float]:
    """Return the microseconds of a call of each kind in its best turn; the turns alternate.

    The best, since what else runs on a machine empties the caches of the longer of the two more.
    """
    found: list[list[float]] = [[] for _ in kinds]
    for turn in range(turns + 1):
        for place, calls in enumerate(kinds):
            began = time.thread_time()
            for call in calls:
                call()
            if turn:  # the first one warms up
                found[place].append(1e6 * (time.thread_time() - began) / len(calls))
    return [min(times) for times in found]


def compare(app: Flask, kept: list[Response], kind: str, turns: int) -> None:
    """Measure one kind of page, and print its ratios."""
    client = app.test_client(use_cookies=False)
    paths = [opened(client, number, KINDS[kind]) for number in range(SESSIONS)]
    began = time.thread_time()
    shown = client.get(paths[0], headers={"Accept-Language": LANGUAGE})
    first = 1e6 * (time.thread_time() - began)
    kept.append(Response(shown.get_data(), shown.status_code, shown.headers))
    gc.collect()
    gc.freeze()  # as wsgi.py does
    print(
        f"{kind}: {len(kept[-1].get_data()):,} bytes of HTML, {SESSIONS} sessions; microseconds of processor "
        f"time a view (the first of its kind, rendered: {first:,.0f})"
    )
    for words, encoding, constant in (
        ("without gzip", PLAIN, CONSTANT),
        ("gzip, compressed each time", GZIP, CONSTANT),
        ("gzip, compressed before", GZIP, PACKED),
    ):
        pages = [caller(app, path, encoding) for path in paths]
        page, other = measured([pages, [caller(app, constant, encoding)] * SESSIONS], turns)
        print(f"  {words:>27}: page {page:6,.0f}  constant {other:6,.0f}  {page / other:.2f} times")


def main(arguments: Sequence[str]) -> int:
    """Measure, and print the ratios."""
    parser = argparse.ArgumentParser(prog="./run bench page", description=__doc__)
    parser.add_argument("--turns", type=int, default=10, help=f"of {SESSIONS} views each (10)")
    turns = parser.parse_args(arguments).turns
    with tempfile.TemporaryDirectory(prefix="florin-bench-") as place:
        app = prepared(Path(place))
        kept = with_constants(app)
        for kind in KINDS:
            compare(app, kept, kind, turns)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
