"""The one table of magic numbers: Stripe's published test cards and what each makes the issuer do."""

from dataclasses import dataclass
from typing import Literal

from bank_simulator.network import luhn_digit

Authentication = Literal["none", "optional", "always", "unless_set_up", "on_session", "frictionless"]
ChallengeKind = Literal["otp", "out_of_band", "single_select", "multi_select"]
RiskLevel = Literal["normal", "elevated", "highest"]

CVC = "cvc"
LINE1 = "address_line1"
POSTAL_CODE = "address_postal_code"


@dataclass(frozen=True)
class Card:
    """What the issuer knows of a number. `behaviour` and the two codes stand as in Stripe's reference.

    `authentication` says when the holder has to prove who they are: "always", "unless_set_up" (by an earlier
    payment), "on_session" (only where the customer is there, since the card was set up before), "optional"
    (where the merchant asks for it) or "frictionless" (the issuer knows without asking). `challenge` is how,
    `refusal_after` why the issuer says no all the same; where `lookup_fails`, nobody can be asked.
    `three_d_secure` is whether the card's network has it at all. `failing` names the checks that do not pass,
    with `check_result`, where their field was sent.
    """

    number: str
    brand: str
    behaviour: str = "approved"
    code: str | None = None
    decline_code: str | None = None
    country: str = "US"
    funding: str = "credit"
    authentication: Authentication = "none"
    challenge: ChallengeKind = "otp"
    refusal_after: str | None = None
    lookup_fails: bool = False
    three_d_secure: bool = True
    risk: RiskLevel = "normal"
    blocked: bool = False
    failing: tuple[str, ...] = ()
    check_result: Literal["fail", "unchecked"] = "fail"


def _declined(number: str, code: str, decline_code: str, behaviour: str = "declined") -> Card:
    return Card(number, "visa", behaviour, code, decline_code)


def _risky(number: str, *failing: str, risk: RiskLevel = "normal", funding: str = "credit") -> Card:
    return Card(number, "visa", "risk", risk=risk, failing=failing, funding=funding)


def _secured(
    number: str,
    authentication: Authentication,
    country: str = "US",
    *,
    challenge: ChallengeKind = "otp",
    refusal_after: str | None = None,
    lookup_fails: bool = False,
) -> Card:
    return Card(
        number,
        "visa",
        "three_d_secure",
        country=country,
        authentication=authentication,
        challenge=challenge,
        refusal_after=refusal_after,
        lookup_fails=lookup_fails,
    )


def _later(number: str, behaviour: str, country: str = "US") -> Card:
    return Card(number, "visa", behaviour, country=country)


TABLE: tuple[Card, ...] = (
    # Approved, by brand. The last four are co-branded with a network of their country.
    Card("4242424242424242", "visa"),
    Card("4000056655665556", "visa", funding="debit"),
    Card("5555555555554444", "mastercard"),
    Card("2223003122003222", "mastercard"),
    Card("5200828282828210", "mastercard", funding="debit"),
    Card("5105105105105100", "mastercard", funding="prepaid"),
    Card("378282246310005", "amex", three_d_secure=False),
    Card("371449635398431", "amex"),
    Card("6011111111111117", "discover"),
    Card("6011000990139424", "discover"),
    Card("6011981111111113", "discover", funding="debit"),
    Card("3056930009020004", "diners"),
    Card("36227206271667", "diners"),
    Card("6555900000604105", "discover"),
    Card("3566002020360505", "jcb", country="JP"),
    Card("6200000000000005", "unionpay", country="CN", three_d_secure=False),
    Card("6200000000000047", "unionpay", country="CN", funding="debit", three_d_secure=False),
    Card("6205500000000000004", "unionpay", country="CN", three_d_secure=False),
    Card("4000002500001001", "visa", country="FR"),
    Card("5555552500001001", "mastercard", country="FR"),
    Card("4000050360000001", "visa", country="AU", funding="debit"),
    Card("5555050360000080", "mastercard", country="AU", funding="debit"),
    # Declined on every charge; the first eight cannot be attached to a customer either.
    _declined("4000000000000002", "card_declined", "generic_decline"),
    _declined("4000000000009995", "card_declined", "insufficient_funds"),
    _declined("4000000000009987", "card_declined", "lost_card"),
    _declined("4000000000009979", "card_declined", "stolen_card"),
    _declined("4000000000006975", "card_declined", "card_velocity_exceeded"),
    _declined("4000000000000069", "expired_card", "expired_card"),
    _declined("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
    _declined("4000000000000119", "processing_error", "processing_error"),
    # Passes the account verification that attaching asks for, then declines every charge.
    _declined("4000000000000341", "card_declined", "generic_decline", "declined_after_attach"),
    # Never reaches an issuer: its check digit is wrong.
    Card("4242424242424241", "visa", "invalid_number", "incorrect_number"),
    # Risk and checks.
    Card("4100000000000019", "visa", "risk", "card_declined", "fraudulent", risk="highest", blocked=True),
    _risky("4000000000004954", risk="highest"),
    _risky("4000000000009235", risk="elevated"),
    _risky("4000000000000101", CVC),
    _risky("4000000000000036", POSTAL_CODE),
    _risky("4000000000000028", LINE1),
    _risky("4000000000000010", LINE1, POSTAL_CODE),
    Card("4000000000000044", "visa", "risk", failing=(LINE1, POSTAL_CODE), check_result="unchecked"),
    _risky("4000058400307872", CVC, risk="elevated", funding="debit"),
    _risky("4000058400306072", POSTAL_CODE, risk="elevated", funding="debit"),
    # 3-D Secure. Where the customer cannot be sent to the issuer's page, what needs that is declined.
    _secured("4000002500003155", "unless_set_up", "FR"),
    _secured("4000002760003184", "always", "DE"),
    _secured("4000003800000446", "on_session", "IT"),
    _secured("4000008260003178", "always", "GB", refusal_after="insufficient_funds"),
    _secured("4000000000003220", "always"),
    _secured("4000008400000027", "always"),
    _secured("4000008400001629", "always", refusal_after="generic_decline"),
    _secured("4000008400001280", "always", lookup_fails=True),
    _secured("4000000000003055", "optional"),
    _secured("4000000000003097", "optional", lookup_fails=True),
    _secured("4000000032200000", "frictionless"),
    _secured("4000582600000045", "always", "GB"),
    _secured("4000582600000094", "always", "GB", challenge="out_of_band"),
    _secured("4000582600000102", "always", "GB", challenge="single_select"),
    _secured("4000582600000110", "always", "GB", challenge="multi_select"),
    # Approved; what becomes of them afterwards belongs to disputes, refunds and settlement.
    _later("4000000000000259", "dispute"),
    _later("4000000000002685", "dispute"),
    _later("4000000000001976", "dispute"),
    _later("4000000000005423", "dispute"),
    _later("4000000404000079", "dispute"),
    _later("4000000000007726", "refund_or_balance"),
    _later("4000000000005126", "refund_or_balance"),
    _later("4000000000000077", "refund_or_balance"),
    _later("4000003720000278", "refund_or_balance", "IE"),
)

# ISO 3166-1 numeric codes of the countries for which Stripe publishes a test card.
COUNTRY_NUMBERS: dict[str, str] = {
    "AE": "784", "AR": "032", "AT": "040", "AU": "036", "BE": "056", "BG": "100", "BR": "076", "BY": "112",
    "CA": "124", "CH": "756", "CL": "152", "CN": "156", "CO": "170", "CR": "188", "CY": "196", "CZ": "203",
    "DE": "276", "DK": "208", "EC": "218", "EE": "233", "ES": "724", "FI": "246", "FR": "250", "GB": "826",
    "GI": "292", "GR": "300", "HK": "344", "HR": "191", "HU": "348", "IE": "372", "IN": "356", "IT": "380",
    "JP": "392", "LI": "438", "LT": "440", "LU": "442", "LV": "428", "MT": "470", "MX": "484", "MY": "458",
    "NL": "528", "NO": "578", "NZ": "554", "PA": "591", "PE": "604", "PL": "616", "PT": "620", "PY": "600",
    "RO": "642", "SA": "682", "SE": "752", "SG": "702", "SI": "705", "SK": "703", "TH": "764", "TW": "158",
    "US": "840", "UY": "858",
}  # fmt: skip

COUNTRY_EXCEPTIONS: dict[str, str] = {
    "AR": "4000000320000021",
    "MX": "4000004840008001",
    "DE": "4000002760000016",
}

_by_number: dict[str, Card] = {card.number: card for card in TABLE}
_country_by_bin: dict[str, str] = {numeric: country for country, numeric in COUNTRY_NUMBERS.items()}


def country_number(country: str) -> str:
    """The published card of a country: 400000, its ISO number, six zeroes and the check digit."""
    exception = COUNTRY_EXCEPTIONS.get(country)
    if exception is not None:
        return exception
    payload = f"400000{COUNTRY_NUMBERS[country]}000000"
    return payload + luhn_digit(payload)


def look_up(number: str, brand: str) -> Card:
    """The table's row, or a plain good card whose country and funding are read from its BIN."""
    known = _by_number.get(number)
    if known is not None:
        return known
    country = "US"
    if number.startswith(("400000", "400005")):
        country = _country_by_bin.get(number[6:9], "US")
    funding = "debit" if number.startswith("400005") else "credit"
    return Card(number, brand, country=country, funding=funding, three_d_secure=brand != "unionpay")
