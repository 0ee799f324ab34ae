"""iDEAL: a Dutch customer is redirected to their bank and pays there. Banks and BICs are those of Stripe."""

from functools import partial

from bank_simulator.methods import online_bank
from bank_simulator.methods.kinds import Facts, Method, Move, currencies
from bank_simulator.methods.online_bank import Bank

_BICS = (
    ("abn_amro", "ABN AMRO", "ABNANL2A"),
    ("asn_bank", "ASN Bank", "ASNBNL21"),
    ("bunq", "bunq", "BUNQNL2A"),
    ("ing", "ING", "INGBNL2A"),
    ("knab", "Knab", "KNABNL2H"),
    ("n26", "N26", "NTSBDEB1"),
    ("rabobank", "Rabobank", "RABONL2U"),
    ("regiobank", "RegioBank", "RBRBNL21"),
    ("revolut", "Revolut", "REVOLT21"),
    ("sns_bank", "SNS Bank", "SNSBNL2A"),
    ("triodos_bank", "Triodos Bank", "TRIONL2U"),
    ("van_lanschot", "Van Lanschot", "FVLBNL22"),
)
IBAN_LAST4, HOLDER = "5264", "Jenny Rosen"
BANKS = tuple(
    Bank(code, name, (("bic", bic), ("iban_last4", IBAN_LAST4), ("verified_name", HOLDER)))
    for code, name, bic in _BICS
)


def _begin(details: Facts, _now: int) -> Move:
    return online_bank.begin(BANKS, details)


IDEAL = Method(
    type="ideal",
    name="iDEAL",
    currencies=currencies("eur"),
    open_seconds=15 * 60,
    details=frozenset({"bank"}),
    told=("bank", "bic", "iban_last4", "transaction_id", "verified_name"),
    begin=_begin,
    act=partial(online_bank.act, BANKS),
    view=partial(online_bank.view, BANKS),
)
