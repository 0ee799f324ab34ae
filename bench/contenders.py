"""Sets a database's contenders up side by side: fresh tables, one server process tree each."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from sqlalchemy import create_engine

from bench import peer, rows, workloads
from bench.load import UNIQUE
from bench.postgres import Postgres
from bench.scale import fill, known_ids
from bench.servers import REPOSITORY, BenchFailure, Server, environment, free_port, granian, start
from bench.workloads import FORM, KEY, WORKLOADS, Kind, Workload

OBJECTS_TO_READ = 200
PEER_OBJECTS = {"peer-empty": 0, "peer-10000": 10_000}
# Each write makes localstripe slower, so its rounds are short enough to say what its name says.
PEER_REQUESTS = {"peer-empty": 200, "peer-10000": 60}


def ask(port: int, method: str, path: str, body: str = "", headers: dict[str, str] | None = None) -> str:
    """Send one request outside any measurement and return the answer's body; raises on anything but 2xx."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    line.request(method, path, body or None, headers or FORM)
    answer = line.getresponse()
    text = answer.read().decode()
    line.close()
    if answer.status // 100 != 2:
        raise BenchFailure(f"{method} {path} on port {port} answered {answer.status}: {text[:1000]}")
    return text


@dataclass
class Contender:
    """One running server and how to put a workload to it."""

    name: str
    server: Server
    requests: Callable[[Workload], list[str]]
    max_requests: int = 1_000_000
    before_round: Callable[[], object] = field(default=lambda: None)


@dataclass
class Scene:
    """One database with all that runs on it. Leave `stack` to stop everything."""

    database: str
    folder: Path
    stack: ExitStack
    postgres: Postgres | None
    bank: Server
    contenders: dict[str, Contender] = field(default_factory=dict)
    databases: list[str] = field(default_factory=list)

    @property
    def workers(self) -> int | None:
        """How many web processes each contender gets: one on SQLite, which has one writer anyway."""
        return 1 if self.postgres is None else None

    def fresh_database(self, name: str, copy_of: str = "") -> str:
        """Make a database, empty or as a copy of one that is not in use, and give its address."""
        self.databases.append(name)
        if self.postgres is not None:
            return self.postgres.create(name, copy_of or "template1")
        path = self.folder / f"{name}.sqlite3"
        if copy_of:
            copy_sqlite(self.folder / f"{copy_of}.sqlite3", path)
        return f"sqlite:///{path}"

    def analyze(self) -> None:
        """Do what autovacuum does within a minute: plans made while tables were empty are made anew."""
        if self.postgres is None:
            return
        for name in self.databases:
            with self.postgres.connect(name) as connection:
                connection.execute("ANALYZE")

    def serve(self, name: str, target: str, variables: dict[str, str]) -> Server:
        """Start one of the bench's own WSGI apps."""
        port = free_port()
        server = start(name, granian(target, port, self.workers), port, self.folder, variables)
        self.stack.callback(server.stop)
        return server

    def serve_florin(self, name: str, url: str) -> Server:
        """Start Florin on a database that is migrated and seeded already."""
        port = free_port()
        variables = self.florin_variables(url) | {"PORT": str(port)}
        server = start(name, [sys.executable, "-m", "serve"], port, self.folder, variables)
        self.stack.callback(server.stop)
        return server

    def florin_variables(self, url: str) -> dict[str, str]:
        """Give Florin's settings: everything at its default but where things are."""
        return {
            "DATABASE_URL": url,
            "DATA_DIR": str(self.folder / "data"),
            "BANK_URL": f"http://127.0.0.1:{self.bank.port}",
            "DEMO_SECRET_KEY": KEY,
            "PUBLIC_URL": "http://127.0.0.1:8000",
        }

    def set_bank_delay(self, milliseconds: int) -> None:
        """Tell the bank how long to think."""
        ask(self.bank.port, "POST", "/delay", json.dumps({"milliseconds": milliseconds}))


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database that nobody has open; nothing of it may be left in its write-ahead log."""
    import sqlite3  # noqa: PLC0415 - PostgreSQL's runs need none

    connection = sqlite3.connect(source)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    target.write_bytes(source.read_bytes())


def prepare_florin(scene: Scene) -> str:
    """Migrate and seed Florin's database as `./run` does, and give its address."""
    url = scene.fresh_database("florin")
    variables = environment(scene.florin_variables(url))
    for module in ("migrations", "seed"):
        command = [sys.executable, "-m", module]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=variables, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BenchFailure(f"python -m {module} failed:\n{done.stdout}{done.stderr}")
    return url


def learn_templates(url: str, port: int) -> list[rows.Template]:
    """Let Florin serve each kind of request, and keep what it wrote and answered."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    learned: dict[str, rows.Template] = {}
    session_id = ""

    def once(workload: Workload) -> tuple[str, str]:
        headers = {
            name: text.replace(UNIQUE, f"unique-{time.time_ns()}") for name, text in workload.headers.items()
        }
        path = workload.path.replace("{id}", session_id)
        answer = ask(port, workload.method, path, workload.body, headers)
        return answer, session_id if "{id}" in workload.path else json.loads(answer)["id"]

    for workload in WORKLOADS:
        if workload.kind is not Kind.LIST and workload.template not in learned:
            template = rows.learn(engine, workload.template, partial(once, workload))
            if workload.kind is Kind.READ:
                # A query's audit row is written behind, by batches; the others are let off it.
                template = replace(template, rows=[])
            learned[workload.template] = template
            session_id = session_id or template.object_id
    engine.dispose()
    return list(learned.values())


def some_ids(port: int, path: str) -> list[str]:
    """Create sessions to be read, and give their ids."""
    body = workloads.SESSION
    return [json.loads(ask(port, "POST", path, body))["id"] for _ in range(OBJECTS_TO_READ)]


def start_contenders(scene: Scene, wanted: Sequence[Workload], scales: Sequence[int]) -> None:
    """Start Florin, learn from it, then start all who stand beside it."""
    url = prepare_florin(scene)
    scale_urls = {size: scene.fresh_database(f"scale-{size}", "florin") for size in scales}
    names = {name for workload in wanted for name in workload.beside}
    copies = {name: scene.fresh_database(name, "florin") for name in ("limit", "naive")}
    florin = scene.serve_florin("florin", url)
    templates = learn_templates(url, florin.port)
    rows.save(templates, scene.folder / "templates.json")
    florin_ids = some_ids(florin.port, "/v1/checkout/sessions")
    scene.contenders["florin"] = Contender(
        "florin", florin, partial(workloads.florin_requests, ids=florin_ids)
    )
    for name in ("limit", "naive"):
        if name in names:
            add_handler(scene, name, copies[name])
    if "floor" in names:
        sizes = answer_sizes(scene, templates)
        floor = scene.serve("floor", "bench.floor:app", {})
        scene.contenders["floor"] = Contender(
            "floor", floor, lambda workload: workloads.floor_requests(workload, sizes[workload.name])
        )
    add_scales(scene, templates, scale_urls)


def add_handler(scene: Scene, name: str, url: str) -> None:
    """Start the limit or the naive handler on a database of its own."""
    driver = url.replace("+psycopg", "") if scene.postgres else url.removeprefix("sqlite:///")
    variables = {
        "BENCH_DATABASE": driver,
        "BENCH_DATABASE_URL": url,
        "BENCH_TEMPLATES": str(scene.folder / "templates.json"),
        "BENCH_BANK_URL": f"http://127.0.0.1:{scene.bank.port}",
    }
    server = scene.serve(name, f"bench.{name}:app", variables)
    ids = some_ids(server.port, "/write/session")
    scene.contenders[name] = Contender(name, server, partial(workloads.bench_requests, ids=ids))


def answer_sizes(scene: Scene, templates: Sequence[rows.Template]) -> dict[str, int]:
    """Say how large Florin's answer to each workload is."""
    known = {template.name: len(template.answer.encode()) for template in templates}
    sizes = {workload.name: known[workload.template] for workload in WORKLOADS}
    for workload in WORKLOADS:
        if workload.kind is Kind.LIST:
            answer = ask(scene.contenders["florin"].server.port, "GET", workload.path)
            sizes[workload.name] = len(answer.encode())
    return sizes


def add_peers(scene: Scene, data_dir: Path) -> None:
    """Start localstripe twice: emptied before each round, and with ten thousand objects."""
    python = peer.install(data_dir)
    for name, objects in PEER_OBJECTS.items():
        port = free_port()
        server = peer.start_peer(python, port, scene.folder, objects)
        scene.stack.callback(server.stop)
        contender = Contender(name, server, workloads.peer_requests, PEER_REQUESTS[name])
        if not objects:
            contender.before_round = partial(ask, port, "DELETE", "/_config/data")
        scene.contenders[name] = contender


def add_scales(scene: Scene, templates: Sequence[rows.Template], urls: dict[int, str]) -> None:
    """Start a Florin on each of several databases that differ only in how many sessions they hold."""
    template = next(one for one in templates if one.name == "session")
    for size, url in urls.items():
        fill(url, template, size)
        server = scene.serve_florin(f"florin-{size}", url)
        ids = known_ids(template, size)
        scene.contenders[f"florin-{size}"] = Contender(
            f"florin-{size}",
            server,
            partial(workloads.florin_requests, ids=ids),
        )
