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

# Stripe's test accounts by country, in this order of scenarios: collected late, refused, refused late.
TEST_ACCOUNTS: dict[str, tuple[str, str, str]] = {
    "AT": ("AT321904300235473204", "AT861904300235473202", "AT051904300235473205"),
    "BE": ("BE78510007547064", "BE68539007547034", "BE51510007547065"),
    "DE": ("DE08370400440532013003", "DE62370400440532013001", "DE78370400440532013004"),
    "FR": ("FR3020041010050500013M02609", "FR8420041010050500013M02607", "FR7920041010050500013M02600"),
    "IE": ("IE24AIBK93115212345671", "IE02AIBK93115212345679", "IE94AIBK93115212345672"),
}
NOT_AUTHORIZED = Refuse("debit_not_authorized")
# Accounts whose debits end while a tester looks on: by these `stripe trigger` has one end well, or badly.
SOON_SECONDS = 2
ENDS_SOON: dict[str, Approve | Refuse] = {
    "AT611904300234573201": Approve(),
    "IT60X0542811101000000123456": NOT_AUTHORIZED,
}
SCENARIOS = (
    (DELAYED_SECONDS, Approve()),
    (COLLECTION_SECONDS, NOT_AUTHORIZED),
    (DELAYED_SECONDS, NOT_AUTHORIZED),
)
# These mean the same in every country, at the end of the number.
REFUSED_AT_THE_END: dict[str, Refuse] = {
    "343434": Refuse("charge_exceeds_source_limit"),
    "121212": Refuse("charge_exceeds_transaction_limit"),
    "2222227": Refuse("insufficient_funds"),
}
UNSUPPORTED = ("00055555", "00066666")
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
    """When and how the debit ends; what is no test account is collected as any other."""
    if iban in ENDS_SOON:
        return SOON_SECONDS, ENDS_SOON[iban]
    accounts = TEST_ACCOUNTS.get(iban[:2], ())
    if iban in accounts:
        return SCENARIOS[accounts.index(iban)]
    refused = next((end for digits, end in REFUSED_AT_THE_END.items() if iban.endswith(digits)), None)
    return COLLECTION_SECONDS, refused or Approve()


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
