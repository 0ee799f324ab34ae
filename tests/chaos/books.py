"""The bank's side of the story, told by its journal alone: what stands, what was taken and given back."""

from dataclasses import dataclass

from tests.chaos.snapshot import Row


@dataclass
class Standing:
    """One authorisation as the journal of its bank leaves it."""

    bank: str
    reference: str
    amount: int
    currency: str
    approved: bool = False
    voided: bool = False
    captured: int = 0
    refunded: int = 0

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


def read(journals: dict[str, list[Row]]) -> tuple[dict[tuple[str, str], Standing], list[Movement]]:
    """All authorisations by bank and reference, and all captures and refunds that were carried out."""
    standings: dict[tuple[str, str], Standing] = {}
    movements: list[Movement] = []
    for bank, rows in journals.items():
        for row in rows:
            key = (bank, row["authorization"])
            standing = standings.setdefault(
                key, Standing(bank, row["authorization"], 0, row["currency"] or "")
            )
            _enter(standing, row)
            if row["kind"] in ("capture", "refund") and row["outcome"] == "approved":
                movements.append(Movement(bank, row["kind"], row["reference"], row["amount_minor"]))
    return standings, movements


def _enter(standing: Standing, row: Row) -> None:
    match row["kind"], row["outcome"]:
        case "authorization" | "completion", "approved":
            standing.approved = True
            standing.amount, standing.currency = row["amount_minor"], row["currency"]
            standing.captured += row["answer"].get("captured_minor", 0)
        case "capture", "approved":
            standing.captured += row["amount_minor"]
        case "refund", "approved":
            standing.refunded += row["amount_minor"]
        case "void", "voided":
            standing.voided = True
