"""SEPA Direct Debit: the bank collects from the customer's account some days after the mandate was given.

The IBANs that end in a special way are those of Stripe's page on testing SEPA Direct Debit.
"""

import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

from bank_simulator.errors import InvalidRequest
from bank_simulator.methods.kinds import Approve, Facts, Method, Move, Payment, Refuse, Wait, currencies

IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
COLLECTION_SECONDS = 5 * 24 * 3600
DELAYED_SECONDS = 7 * 24 * 3600

# The end of an account number -> (seconds until the debit ends, how it ends). The rest is collected well.
NOT_AUTHORIZED = Refuse("debit_not_authorized")
ENDINGS: tuple[tuple[tuple[str, ...], int, Approve | Refuse], ...] = (
    (("3001", "3202", "3M02607"), COLLECTION_SECONDS, NOT_AUTHORIZED),
    (("3003", "3204", "3M02609"), DELAYED_SECONDS, Approve()),
    (("3004", "3205", "3M02600"), DELAYED_SECONDS, NOT_AUTHORIZED),
    (("0000343434",), COLLECTION_SECONDS, Refuse("charge_exceeds_source_limit")),
    (("0000121212",), COLLECTION_SECONDS, Refuse("charge_exceeds_transaction_limit")),
    (("0002222227",), COLLECTION_SECONDS, Refuse("insufficient_funds")),
)
UNSUPPORTED = ("0000055555", "0000066666")
# Where bank and branch stand in the account number of a country: (bank, branch).
CODES = {
    "AT": (slice(4, 9), slice(0, 0)),
    "BE": (slice(4, 7), slice(0, 0)),
    "DE": (slice(4, 12), slice(0, 0)),
    "ES": (slice(4, 8), slice(8, 12)),
    "FR": (slice(4, 9), slice(9, 14)),
    "IT": (slice(5, 10), slice(10, 15)),
    "NL": (slice(4, 8), slice(0, 0)),
}


def passes_check(iban: str) -> bool:
    """ISO 7064's mod 97 over the number with its head moved behind its tail."""
    turned = iban[4:] + iban[:4]
    return IBAN.fullmatch(iban) is not None and int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def _begin(details: Facts, now: int) -> Move:
    iban = re.sub(r"\s", "", details.get("iban", "")).upper()
    if not passes_check(iban):
        raise InvalidRequest("details.iban is no account number.", "details.iban")
    if details.get("mandate") != "accepted":
        raise InvalidRequest("details.mandate has to be accepted by the customer.", "details.mandate")
    if iban.endswith(UNSUPPORTED):
        return Refuse("sepa_unsupported_account", _shown(iban, details, now, COLLECTION_SECONDS))
    seconds, ending = _ending(iban)
    return Wait("mandate", seconds, ending, _shown(iban, details, now, seconds))


def _ending(iban: str) -> tuple[int, Approve | Refuse]:
    found = next((row for row in ENDINGS if iban.endswith(row[0])), None)
    return (COLLECTION_SECONDS, Approve()) if found is None else found[1:]


def _shown(iban: str, details: Facts, now: int, seconds: int) -> Facts:
    """What is kept: never the whole number, only what a statement shows of it."""
    bank, branch = CODES.get(iban[:2], (slice(0, 0), slice(0, 0)))
    return {
        "country": iban[:2],
        "last4": iban[-4:],
        "bank_code": iban[bank] or None,
        "branch_code": iban[branch] or None,
        "holder": details.get("name"),
        "mandate_reference": secrets.token_hex(6).upper(),
        "expected_debit_date": time.strftime("%Y-%m-%d", time.gmtime(now + seconds)),
        "payer": f"sepa_debit:{iban}",
    }


def _act(_payment: Payment, _sent: Mapping[str, str]) -> Move:
    return Wait("mandate")


def _view(_payment: Payment) -> dict[str, Any]:
    return {}


SEPA_DEBIT = Method(
    type="sepa_debit",
    name="SEPA Direct Debit",
    currencies=currencies("eur"),
    open_seconds=30 * 24 * 3600,
    details=frozenset({"iban", "name", "email", "mandate"}),
    told=("country", "last4", "bank_code", "branch_code", "mandate_reference", "expected_debit_date"),
    begin=_begin,
    act=_act,
    view=_view,
)
