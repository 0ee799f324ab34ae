"""What is asked of each contender: the requests, as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.load import UNIQUE, render

KEY = "sk_test_bench00000000000000000000000000000000000000"
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
FORM = {**AUTHORIZED, "Content-Type": "application/x-www-form-urlencoded"}

SESSION = (
    "mode=payment"
    "&success_url=https%3A%2F%2Fshop.example%2Fdone%3Fid%3D%7BCHECKOUT_SESSION_ID%7D"
    "&cancel_url=https%3A%2F%2Fshop.example%2Fcart"
    "&client_reference_id=order-1042"
    "&customer_email=jenny.rosen%40example.com"
    "&line_items[0][quantity]=2"
    "&line_items[0][price_data][currency]=usd"
    "&line_items[0][price_data][unit_amount]=2000"
    "&line_items[0][price_data][product_data][name]=T-shirt"
    "&metadata[order]=1042"
)
INTENT = "amount=2000&currency=usd&metadata[order]=1042"
CONFIRM = "amount=2000&currency=usd&payment_method=pm_card_visa&confirm=true"


class Kind(StrEnum):
    """How the bench's own handlers serve a workload; also the head of their path."""

    WRITE = "write"
    CONFIRM = "confirm"
    READ = "read"
    LIST = "list"


@dataclass(frozen=True)
class Workload:
    """One row of the report: Florin's request, and who else can answer the like of it."""

    name: str
    title: str
    kind: Kind
    method: str
    path: str
    body: str = ""
    template: str = ""
    beside: Sequence[str] = ("floor", "limit", "naive")
    bank_milliseconds: int = 0
    connections: int = 16
    peer_path: str = ""
    peer_body: str = ""
    keyed: bool = False  # each request has an idempotency key of its own

    @property
    def headers(self) -> dict[str, str]:
        """Give the headers of its requests."""
        key = {"Idempotency-Key": UNIQUE} if self.keyed else {}
        return (FORM if self.body else AUTHORIZED) | key


PEER_INTENT = "amount=2000&currency=usd&payment_method_types[]=card&metadata[order]=1042"
PEER_CONFIRM = "amount=2000&currency=usd&payment_method_types[]=card&payment_method=pm_card_visa&confirm=true"
BOTH_PEERS = ("peer-empty", "peer-10000")

SESSIONS = "/v1/checkout/sessions"
INTENTS = "/v1/payment_intents"

WORKLOADS = [
    Workload("session", "create a session", Kind.WRITE, "POST", SESSIONS, SESSION, "session"),
    Workload(
        "intent", "create an intent", Kind.WRITE, "POST", INTENTS, INTENT, "intent",
        beside=("limit", "naive", *BOTH_PEERS), peer_path=INTENTS, peer_body=PEER_INTENT,
    ),
    Workload(
        "keyed", "create an intent under an idempotency key", Kind.WRITE, "POST", INTENTS, INTENT, "keyed",
        beside=("limit", "naive"), keyed=True,
    ),
    Workload(
        "confirm-0", "create and confirm, bank at 0 ms", Kind.CONFIRM, "POST", INTENTS, CONFIRM, "confirm",
        beside=("naive", *BOTH_PEERS), peer_path=INTENTS, peer_body=PEER_CONFIRM,
    ),
    Workload(
        "confirm-50", "create and confirm, bank at 50 ms", Kind.CONFIRM, "POST", INTENTS, CONFIRM, "confirm",
        beside=("naive",), bank_milliseconds=50, connections=64,
    ),
    Workload("status", "read a status", Kind.READ, "GET", "/payment/status/{id}", "", "status"),
    Workload("retrieve", "retrieve a session", Kind.READ, "GET", SESSIONS + "/{id}", "", "retrieve"),
    Workload(
        "list", "list ten sessions", Kind.LIST, "GET", SESSIONS + "?limit=10", "", "retrieve",
        beside=("floor", "limit", "naive", *BOTH_PEERS), peer_path=INTENTS + "?limit=10",
    ),
]  # fmt: skip


def florin_requests(workload: Workload, ids: Sequence[str]) -> list[str]:
    """Render Florin's requests, one for each id where the workload reads single objects."""
    return spread(workload, workload.path, ids)


def bench_requests(workload: Workload, ids: Sequence[str]) -> list[str]:
    """Render the same for the limit and the naive handler."""
    tail = "/{id}" if workload.kind is Kind.READ else ""
    path = f"/{workload.kind}/{workload.template}{tail}"
    return spread(workload, path, ids)


def floor_requests(workload: Workload, size_bytes: int) -> list[str]:
    """Render the same for the floor, which answers as many bytes as Florin does."""
    return spread(workload, f"/constant/{size_bytes}", [""])


def peer_requests(workload: Workload) -> list[str]:
    """Render the nearest thing that localstripe has; it knows no Checkout, so intents stand for sessions."""
    headers = FORM if workload.peer_body else AUTHORIZED
    return [render(workload.method, workload.peer_path, headers, workload.peer_body)]


def spread(workload: Workload, path: str, ids: Sequence[str]) -> list[str]:
    """Render one request for each id, or a single one where the path names no id."""
    chosen = ids if "{id}" in path else [""]
    return [
        render(workload.method, path.replace("{id}", one), workload.headers, workload.body) for one in chosen
    ]
