"""The bank's side of the story, told by its journal alone: what stands, what was taken and given back."""

from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.snapshot import Row

# The bank's words for where a dispute stands -> those of the published API.
DISPUTE_STATUSES = {
    "inquiry": "warning_needs_response", "inquiry_review": "warning_under_review", "closed": "warning_closed",
    "chargeback": "needs_response", "review": "under_review", "won": "won", "lost": "lost",
}  # fmt: skip
DECISION = "_decision"
Key = tuple[str, str]  # a bank's name, and the reference or id of something there


@dataclass
class Standing:
    """One authorisation as the journal of its bank leaves it; `first` and `last` are its outcomes."""

    bank: str
    reference: str
    amount: int
    currency: str
    approved: bool = False
    voided: bool = False
    captured: int = 0
    refunded: int = 0
    charged_back: int = 0
    first: str = ""
    last: str = ""

    @property
    def live(self) -> bool:
        return self.approved and not self.voided


@dataclass(frozen=True)
class Movement:
    """A capture or refund that a bank has carried out."""

    bank: str
    kind: str
    reference: str
    amount: int


@dataclass
class Case:
    """One dispute; `withdrawn` and `reinstated` are the amounts that it has moved, in order."""

    bank: str
    id: str
    authorization: str
    status: str
    withdrawn: list[int] = field(default_factory=list)
    reinstated: list[int] = field(default_factory=list)
    decided: bool = False


@dataclass
class Transfer:
    """A payout that the bank was ordered to make, and what became of it."""

    bank: str
    reference: str
    amount: int
    currency: str
    status: str


@dataclass
class Books:
    """All that the banks' journals tell."""

    standings: dict[Key, Standing] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    came_back: dict[Key, int] = field(default_factory=dict)  # refunds that failed after they had gone out
    cases: dict[Key, Case] = field(default_factory=dict)
    warnings: dict[Key, str] = field(default_factory=dict)  # the authorisation of each
    transfers: dict[Key, Transfer] = field(default_factory=dict)
    orders_of_transfers: Counter[Key] = field(default_factory=Counter)


def read(journals: dict[str, list[Row]]) -> Books:
    """Every bank's journal, in its order."""
    books = Books()
    for bank, rows in journals.items():
        for row in rows:
            _read(books, bank, row)
    return books


def _read(books: Books, bank: str, row: Row) -> None:
    kind = row["kind"]
    if kind.startswith("payout"):
        _of_a_transfer(books, bank, row)
        return
    key = (bank, row["authorization"])
    standing = books.standings.setdefault(key, Standing(bank, row["authorization"], 0, row["currency"] or ""))
    _enter(standing, row)
    if kind in ("capture", "refund") and row["outcome"] == "approved":
        books.movements.append(Movement(bank, kind, row["reference"], row["amount_minor"]))
    elif kind == "refund_completion":
        books.movements.append(Movement(bank, "refund", row["answer"]["refund"], row["amount_minor"]))
    elif kind == "refund_failure":
        books.came_back[bank, row["answer"]["refund"]] = row["amount_minor"]
    elif kind == "fraud_warning":
        books.warnings[bank, row["reference"]] = row["authorization"]
    else:
        _of_a_case(books, bank, row)


def _enter(standing: Standing, row: Row) -> None:
    if row["kind"] in ("authorization", "completion"):
        standing.first, standing.last = standing.first or row["outcome"], row["outcome"]
    match row["kind"], row["outcome"]:
        case "authorization" | "completion", "approved":
            standing.approved = True
            standing.amount, standing.currency = row["amount_minor"], row["currency"]
            standing.captured += row["answer"].get("captured_minor", 0)
        case "capture", "approved":
            standing.captured += row["amount_minor"]
        case ("refund", "approved") | ("refund_completion", _):
            standing.refunded += row["amount_minor"]
        case "refund_failure", _:
            standing.refunded -= row["amount_minor"]
        case "chargeback", _:
            standing.charged_back += row["amount_minor"]
        case "chargeback_reversal", _:
            standing.charged_back -= row["amount_minor"]
        case "void", "voided":
            standing.voided = True


def _of_a_case(books: Books, bank: str, row: Row) -> None:
    """What an entry says of a dispute; most entries say nothing of any."""
    match row["kind"], row["outcome"]:
        case "dispute", opened:
            case = Case(bank, row["reference"], row["authorization"], DISPUTE_STATUSES[opened])
            books.cases[bank, case.id] = case
        case "chargeback", _:
            case = books.cases[bank, row["answer"]["dispute"]]
            case.withdrawn.append(row["amount_minor"])
            case.status = DISPUTE_STATUSES["chargeback"]
        case "chargeback_reversal", _:
            books.cases[bank, row["answer"]["dispute"]].reinstated.append(row["amount_minor"])
        case "evidence", "approved":
            told = row["answer"]["dispute"]
            books.cases[bank, told["id"]].status = DISPUTE_STATUSES[told["status"]]
        case "decision", ended:
            case = books.cases[bank, row["reference"].removesuffix(DECISION)]
            case.status, case.decided = DISPUTE_STATUSES[ended], True


def _of_a_transfer(books: Books, bank: str, row: Row) -> None:
    key = (bank, row["authorization"])
    if row["kind"] == "payout":
        books.orders_of_transfers[key] += 1
    told = row["answer"]
    transfer = Transfer(bank, key[1], row["amount_minor"], row["currency"], told["status"])
    books.transfers[key] = transfer
