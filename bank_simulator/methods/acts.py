"""What whoever tests has a payer do, without a page: the same steps that the pages take, and early ends."""

from collections.abc import Mapping

from sqlalchemy import Connection

from bank_simulator.errors import InvalidRequest
from bank_simulator.methods import books
from bank_simulator.methods.books import Terms
from bank_simulator.methods.kinds import CUSTOMER_REFUSED, PROVIDER_REFUSED, Approve, Payment, Refuse

Steps = Mapping[str, Mapping[str, str]]  # step of the page -> what is sent from it

CANCEL = {"do": "cancel"}
LOG_IN = {"customer": "4711", "password": "secret"}
LONGEST_WAY = 6  # more pages than any method has


def _at_the_bank(account: str) -> Steps:
    return {"bank_login": LOG_IN, "bank_accounts": {"account": account, "do": "approve"}}


def _online_bank(code: str) -> dict[str, Steps]:
    chosen = {"bank_choose": {"bank": code}}
    return {
        "approve": {**chosen, **_at_the_bank("current")},
        "refuse": {**chosen, **_at_the_bank("empty")},
        "leave": {**chosen, **_at_the_bank("joint")},
    }


def _klarna(plan: str, email: str = "") -> Steps:
    sent = {"plan": plan, "agree": "yes", "do": "approve"}
    return {"plans": sent | ({"email": email} if email else {})}


def _upi(deed: str) -> Steps:
    return {step: {"do": deed} for step in ("upi_qr", "upi_waiting", "upi_pending")}


# Method -> act -> what the payer sends from page to page. A debit asks for nothing more.
ACTS: dict[str, dict[str, Steps]] = {
    "upi": {"approve": _upi("approve"), "refuse": _upi("refuse"), "leave": _upi("leave")},
    "x_netbanking": _online_bank("lotus_bank"),
    "ideal": _online_bank("rabobank"),
    "amazon_pay": {
        "approve": {"wallet": {"card": "4242", "do": "approve"}},
        "refuse": {"wallet": {"card": "0002", "do": "approve"}},
        "leave": {"wallet": {"card": "4444", "do": "approve"}},
    },
    "klarna": {
        "approve": _klarna("pay_in_installments"),
        "refuse": _klarna("pay_later", "payer+denied@example.com"),
        "leave": _klarna("pay_later", "payer+pending@example.com"),
    },
}
# Why a payment that was taken in ends badly, where nothing else has been decided.
REFUSED_LATE = {
    "sepa_debit": "debit_not_authorized",
    "amazon_pay": PROVIDER_REFUSED,
    "klarna": PROVIDER_REFUSED,
}


def take(tx: Connection, payment: Payment, act: str, terms: Terms, now: int) -> None:
    """Takes an act of the payer's, from page to page as far as it leads; an ended payment stays so."""
    if not payment.open:
        return
    decided = books.ending_of(tx, payment.reference)
    if act == "lapse":
        if decided is not None:
            raise InvalidRequest("This payment's end is decided, so that it can't lapse.", "act")
        books.expire(tx, payment.reference, now)
    elif payment.outcome == "pending" and decided is not None:
        _end_early(tx, payment, act, decided, now)
    else:
        _walk(tx, payment, act, terms, now)


def _end_early(tx: Connection, payment: Payment, act: str, decided: Approve | Refuse, now: int) -> None:
    """Ends what has been taken in and would end later, as decided or as the act wants it."""
    match act:
        case "approve":
            books.conclude(tx, payment, Approve(), now)
        case "refuse" | "cancel":
            code = REFUSED_LATE.get(payment.method, CUSTOMER_REFUSED)
            books.conclude(tx, payment, decided if isinstance(decided, Refuse) else Refuse(code), now)
        case _:
            return  # it waits already


def _walk(tx: Connection, payment: Payment, act: str, terms: Terms, now: int) -> None:
    ways = ACTS.get(payment.method, {})
    if act != "cancel" and act not in ways:
        raise InvalidRequest("This method knows no such act.", "act")
    for _ in range(LONGEST_WAY):
        sent = CANCEL if act == "cancel" else ways[act].get(payment.step)
        if sent is None or not payment.open:
            return
        books.step(tx, payment.reference, sent, terms, now)
        before, payment = payment, books.payment_of(tx, payment.reference)
        if payment.step == before.step:
            return
