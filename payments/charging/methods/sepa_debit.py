"""SEPA Direct Debit: collected from a bank account some days later, under a mandate of its holder."""

import re

import stripe

from payments import vault
from payments.charging.methods.kinds import Data, MethodKind, currencies, required
from payments.errors import InvalidRequest
from payments.shapes import shaped

IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
SHOWN = ("bank_code", "branch_code", "country", "fingerprint", "last4")
Details = stripe.Charge.PaymentMethodDetails.SepaDebit

MANDATE = (
    "By confirming this payment you allow %(merchant)s, through Florin, to have your bank debit your account "
    "with its amount, and your bank to do so. Your bank gives the money back, on the terms that you have "
    "agreed with it, if you ask for that within eight weeks of the debit."
)


def plain_iban(typed: str) -> str | None:
    """Return an IBAN without spaces and in upper case, None where its check digits are wrong (ISO 13616)."""
    iban = re.sub(r"\s", "", typed).upper()
    if IBAN.fullmatch(iban) is None:
        return None
    turned = "".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])
    return iban if int(turned) % 97 == 1 else None


def _read(given: Data, billing: Data) -> tuple[Data, dict[str, str]]:
    typed = required(given.get("iban"), "sepa_debit[iban]")
    iban = plain_iban(typed)
    if iban is None:
        message = "The IBAN you provided is invalid."
        raise InvalidRequest(message, code="account_number_invalid", param="sepa_debit[iban]")
    kept = {"country": iban[:2], "last4": iban[-4:], "fingerprint": vault.fingerprint(iban)}
    details = {"iban": iban, "name": billing["name"], "email": billing["email"], "mandate": "accepted"}
    return kept, details


def _shown(data: Data) -> Data:
    return shaped(stripe.PaymentMethod.SepaDebit, **{name: data.get(name) for name in SHOWN})


def _charged(data: Data) -> Data:
    known = {name: data.get(name) for name in SHOWN}
    later = {name: data.get(name) for name in ("expected_debit_date", "mandate")}
    return shaped(Details, **known, **later)


SEPA_DEBIT = MethodKind(
    type="sepa_debit",
    label="SEPA Direct Debit",
    note="Collected from your bank account in about five days.",
    currencies=currencies("eur"),
    redirects=False,
    mandate=True,
    keeps=True,
    billing=("name", "email"),
    read=_read,
    shown=_shown,
    charged=_charged,
)
