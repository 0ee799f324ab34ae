"""`./run bench page`: what the payment page costs to make, beside the same answer sent as a constant.

Both go through the same app in one process, in turns: the request's context, its routing, the headers set for
every answer. The constant has the page's bytes and headers already; where a browser takes gzip, the house
compresses both, each time anew. Only the thread's own processor time is counted.
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
from typing import Any

from flask import Flask, Response

from app import create_app
from bench.servers import REPOSITORY, BenchFailure, environment
from bench.workloads import FORM, KEY, SESSION
from checkout.compressing import compressed
from config import load

CONSTANT = "/bench-constant"
VIEWS_A_TURN = 50
ENCODINGS = {"without gzip": "identity", "with gzip": "gzip, deflate, br"}
# Made for each visit, so that a constant's would be no header of its own: the app adds them to both.
NOT_KEPT = ("Content-Length", "Content-Encoding", "Vary")


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


def caller(app: Flask, path: str, encoding: str) -> Callable[[], None]:
    """Return what asks for an address as a server would, and raises BenchFailure for anything but a 200."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "wsgi.multithread": True,
        "wsgi.multiprocess": False, "wsgi.run_once": False, "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000", "HTTP_ACCEPT": "text/html", "HTTP_USER_AGENT": "bench",
        "HTTP_ACCEPT_LANGUAGE": "de-DE,de;q=0.9", "HTTP_ACCEPT_ENCODING": encoding,
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


def with_a_constant(app: Flask) -> list[Response]:
    """Mount the constant; the answer put into the list is what it sends."""
    kept: list[Response] = []

    @app.get(CONSTANT)
    def constant() -> Response:
        (page,) = kept
        headers = [(name, text) for name, text in page.headers if name not in NOT_KEPT]
        return compressed(Response(page.get_data(), page.status_code, headers))

    return kept


def measured(calls: Sequence[Callable[[], None]], turns: int) -> list[float]:
    """Return the microseconds of each call in its best turn; the turns alternate.

    The best, since what else runs on a machine empties the caches of the longer of the two more.
    """
    found: list[list[float]] = [[] for _ in calls]
    for turn in range(turns + 1):
        for place, call in enumerate(calls):
            began = time.thread_time()
            for _ in range(VIEWS_A_TURN):
                call()
            if turn:  # the first one warms up
                found[place].append(1e6 * (time.thread_time() - began) / VIEWS_A_TURN)
    return [min(times) for times in found]


def main(arguments: Sequence[str]) -> int:
    """Measure, and print the ratios."""
    parser = argparse.ArgumentParser(prog="./run bench page", description=__doc__)
    parser.add_argument("--turns", type=int, default=20, help=f"of {VIEWS_A_TURN} views each (20)")
    turns = parser.parse_args(arguments).turns
    with tempfile.TemporaryDirectory(prefix="florin-bench-") as place:
        app = prepared(Path(place))
        kept = with_a_constant(app)
        client = app.test_client()
        session = client.post("/v1/checkout/sessions", data=SESSION, headers=FORM).get_json()
        address = f"/c/pay/{session['id']}"
        shown = client.get(address, headers={"Accept-Language": "de-DE,de;q=0.9"})
        kept.append(Response(shown.get_data(), shown.status_code, shown.headers))
        gc.collect()
        gc.freeze()  # as wsgi.py does
        print(f"{len(kept[0].get_data()):,} bytes of HTML; microseconds of processor time a view")
        for words, encoding in ENCODINGS.items():
            calls = [caller(app, path, encoding) for path in (address, CONSTANT)]
            page, constant = measured(calls, turns)
            print(f"{words:>13}: page {page:6,.0f}  constant {constant:6,.0f}  {page / constant:.1f} times")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
