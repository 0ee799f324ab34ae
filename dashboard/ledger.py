"""The ledger: what stands in each account, and every movement with all its entries, which sum to zero."""

from dataclasses import dataclass

from flask import request

from dashboard import edge, movements, rendering
from dashboard.edge import Body
from dashboard.filters import row_number
from dashboard.movements import BOOKS, Told
from payments import ledger_reading
from payments.errors import InvalidRequest, NotFound
from payments.ledger import Account
from payments.ledger_reading import Place, Standing
from payments.merchants import present_merchant

ROWS = 20
ORDER = {book.value: place for place, book in enumerate(Account)}


@dataclass(frozen=True, slots=True)
class Books:
    """The accounts of one currency, with the sums of their debits and credits, which are equal."""

    currency: str
    standings: list[Standing]
    debit_minor: int
    credit_minor: int


@edge.page("/ledger", filters=("account", "currency", "before"))
def ledger() -> Body:
    """Show the accounts and the newest movements, of all accounts or of one."""
    standings = ledger_reading.standings()
    try:
        return _page(standings, _wanted(standings), row_number("before"))
    except InvalidRequest as refusal:
        return _page(standings, [], None, problem=refusal.message), refusal.status


@edge.page("/ledger/<transaction_id>")
def movement(transaction_id: str) -> Body:
    """Show one movement."""
    found = movements.told(ledger_reading.of_transactions([transaction_id]))
    if not found:
        raise NotFound("ledger transaction", transaction_id)
    return rendering.page("movement", told=found[0], book_name=movements.book_name)


def _page(
    standings: list[Standing], places: list[Place], before: int | None, problem: str | None = None
) -> str:
    page = ledger_reading.newest(places, before, ROWS)
    shown: list[Told] = movements.told(page.rows)
    return rendering.page(
        "ledger",
        books=_books(standings),
        shown=shown,
        older=page.older,
        before=before,
        account=request.args.get("account"),
        currency=request.args.get("currency"),
        problem=problem,
        book_name=movements.book_name,
        meanings={book.value: meaning for book, (_, meaning) in BOOKS.items()},
    )


def _wanted(standings: list[Standing]) -> list[Place]:
    """Return the accounts that the address names, or all; raises InvalidRequest for one that is none."""
    account, currency = request.args.get("account"), request.args.get("currency")
    places = [
        (standing.book, standing.currency)
        for standing in standings
        if account in (None, standing.book) and currency in (None, standing.currency)
    ]
    if not places and (account or currency):
        raise InvalidRequest("Your ledger has no such account. Choose one of those below.", param="account")
    return places


def _books(standings: list[Standing]) -> list[Books]:
    """Return the accounts by currency, the merchant's own first, in the order in which money moves."""
    own = present_merchant().default_currency
    sums = ledger_reading.sides([(each.currency, each.amount_minor) for each in standings])
    return [
        Books(
            currency,
            sorted(
                (each for each in standings if each.currency == currency),
                key=lambda each: ORDER.get(each.book, len(ORDER)),
            ),
            *sums[currency],
        )
        for currency in sorted(sums, key=lambda code: (code != own, code))
    ]
