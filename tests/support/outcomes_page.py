"""Writes the tables of outcomes into docs/testing.md; `python -m tests.support.outcomes_page` does it."""

from itertools import groupby
from pathlib import Path

from payments.charging.methods import CARD
from payments.hosted.outcomes import DEBIT, GOOD_CARD, GOOD_IBAN, HOLDER, OUTCOMES, REDIRECT, Outcome, Way

PAGE = Path(__file__).resolve().parents[2] / "docs" / "testing.md"
BEGIN, END = "<!-- outcomes: drawn from payments/hosted/outcomes.py -->", "<!-- end of outcomes -->"
HEAD = (
    "| `outcome` | the session, its payment | `last_payment_error` | how it is come to |\n|---|---|---|---|"
)
ACTS = {
    "approve": "approve", "refuse": "refuse", "cancel": "cancel", "lapse": "let the time run out",
    "leave": "leave it to be decided later",
}  # fmt: skip
FAMILIES = {REDIRECT: "at a bank's page", DEBIT: "debit"}


def drawn() -> str:
    """Return what stands between the two marks."""
    parts = []
    for group, outcomes in groupby(OUTCOMES, key=lambda outcome: outcome.group):
        parts += [f"### {group}\n", HEAD, *map(_row, outcomes), ""]
    return "\n".join(parts)


def written(page: str) -> str:
    """Return the page with its tables drawn anew."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{drawn()}\n{END}{rest.partition(END)[2]}"


def _row(outcome: Outcome) -> str:
    status, payment_status, intent = outcome.end.value
    stands = f"{status}, {payment_status}" + (f"; {intent}" if intent else "")
    ways = (
        "; ".join(_way(family, way) for family, way in outcome.ways.items()) or "the session's own `expire`"
    )
    return f"| `{outcome.name}` | {stands} | {f'`{outcome.error}`' if outcome.error else ''} | {ways} |"


def _way(family: str, way: Way) -> str:
    acts = ", then ".join(ACTS[act] for act in way.acts)
    if family == CARD:
        typed = f"card {way.card}" if way.card != GOOD_CARD or way.holder == HOLDER else f"card {GOOD_CARD}"
        named = f" with the name {way.holder}" if way.holder != HOLDER else ""
        return f"{typed}{named}" + (f": {acts}" if acts else "")
    if family == DEBIT:
        account = "" if way.iban == GOOD_IBAN else f" of {way.iban}"
        return f"{FAMILIES[family]}{account}" + (f": the bank's end at once, {acts}" if acts else "")
    return FAMILIES[family] + (f": {acts}" if acts else ": the customer never goes there")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
