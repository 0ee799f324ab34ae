"""Test tokens: `pm_card_*` and `tok_*` stand for published test cards (Stripe's testing page)."""

from payments.charging.card_brands import passes_luhn

TEST_CARDS = {
    "visa": "4242424242424242",
    "visa_debit": "4000056655665556",
    "mastercard": "5555555555554444",
    "mastercard_debit": "5200828282828210",
    "mastercard_prepaid": "5105105105105100",
    "amex": "378282246310005",
    "discover": "6011111111111117",
    "diners": "3056930009020004",
    "jcb": "3566002020360505",
    "unionpay": "6200000000000005",
    "visa_cartesBancaires": "4000002500001001",
    "mastercard_cartesBancaires": "5555552500001001",
    "visa_debit_eftposAuCoBranded": "4000050360000001",
    "mastercard_debit_eftposAuCoBranded": "5555050360000080",
    "visa_chargeDeclined": "4000000000000002",
    "visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "visa_chargeDeclinedLostCard": "4000000000009987",
    "visa_chargeDeclinedStolenCard": "4000000000009979",
    "visa_chargeDeclinedVelocityLimitExceeded": "4000000000006975",
    "chargeDeclinedExpiredCard": "4000000000000069",
    "chargeDeclinedIncorrectCvc": "4000000000000127",
    "chargeDeclinedProcessingError": "4000000000000119",
    "chargeCustomerFail": "4000000000000341",
    "radarBlock": "4100000000000019",
    "riskLevelHighest": "4000000000004954",
    "riskLevelElevated": "4000000000009235",
    "cvcCheckFail": "4000000000000101",
    "avsZipFail": "4000000000000036",
    "avsLine1Fail": "4000000000000028",
    "avsFail": "4000000000000010",
    "avsUnchecked": "4000000000000044",
    "cvcCheckFailElevatedRisk": "4000058400307872",
    "avsZipFailElevatedRisk": "4000058400306072",
    "authenticationRequiredOnSetup": "4000002500003155",
    "authenticationRequired": "4000002760003184",
    "authenticationRequiredSetupForOffSession": "4000003800000446",
    "authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "threeDSecure2Required": "4000000000003220",
    "threeDSecureRequiredChargeDeclined": "4000008400001629",
    "threeDSecureRequiredProcessingError": "4000008400001280",
    "threeDSecureOptional": "4000000000003055",
    "threeDSecureOptionalProcessingError": "4000000000003097",
    "createDispute": "4000000000000259",
    "createDisputeProductNotReceived": "4000000000002685",
    "createDisputeInquiry": "4000000000001976",
    "createIssuerFraudRecord": "4000000000005423",
    "createMultipleDisputes": "4000000404000079",
    "pendingRefund": "4000000000007726",
    "refundFail": "4000000000005126",
    "bypassPending": "4000000000000077",
    "bypassPendingInternational": "4000003720000278",
}
# The older names of the same cards, which many suites written for Stripe still use.
TEST_CARDS |= {
    f"chargeDeclined{reason}": TEST_CARDS[f"visa_chargeDeclined{reason}"]
    for reason in ("", "InsufficientFunds", "LostCard", "StolenCard", "VelocityLimitExceeded")
}

# Country cards: `400000`, ISO 3166-1's numeric code, `000000`, check digit; three countries differ.
COUNTRY_EXCEPTIONS = {"ar": "4000000320000021", "mx": "4000004840008001", "de": "4000002760000016"}
COUNTRY_CODES = {
    "us": "840", "br": "076", "ca": "124", "at": "040", "be": "056", "bg": "100", "hr": "191", "cy": "196",
    "cz": "203", "dk": "208", "ee": "233", "fi": "246", "fr": "250", "gi": "292", "gr": "300", "hu": "348",
    "ie": "372", "it": "380", "lv": "428", "li": "438", "lt": "440", "lu": "442", "mt": "470", "nl": "528",
    "no": "578", "pl": "616", "pt": "620", "ro": "642", "sk": "703", "si": "705", "es": "724", "se": "752",
    "ch": "756", "gb": "826", "au": "036", "cn": "156", "hk": "344", "in": "356", "jp": "392", "my": "458",
    "nz": "554", "sg": "702", "tw": "158", "th": "764", "ae": "784", "cl": "152", "co": "170", "cr": "188",
    "ec": "218", "pa": "591", "py": "600", "pe": "604", "uy": "858", "by": "112", "sa": "682",
}  # fmt: skip
PREFIXES = ("pm_card_", "tok_")


def _country_number(country: str) -> str | None:
    if country in COUNTRY_EXCEPTIONS:
        return COUNTRY_EXCEPTIONS[country]
    if country not in COUNTRY_CODES:
        return None
    stem = f"400000{COUNTRY_CODES[country]}000000"
    return next(f"{stem}{digit}" for digit in range(10) if passes_luhn(f"{stem}{digit}"))


def suffix_of(token: str) -> str | None:
    """Return what of a test token names its card, as `visa`; None where it is no test token."""
    prefix = next((prefix for prefix in PREFIXES if token.startswith(prefix)), None)
    return None if prefix is None else token.removeprefix(prefix)


def number_of(token: str) -> str | None:
    """Return the test card number that a token stands for, or None where it is no test token."""
    suffix = suffix_of(token)
    return None if suffix is None else TEST_CARDS.get(suffix) or _country_number(suffix)


def token_of(number: str) -> str | None:
    """Return the `pm_card_*` token that stands for a test card number, None for a number that has none."""
    suffix = next((suffix for suffix, listed in TEST_CARDS.items() if listed == number), None)
    if suffix is None:
        suffix = next((country for country in COUNTRY_CODES if _country_number(country) == number), None)
    return suffix and f"pm_card_{suffix}"


def country_of(number: str) -> str | None:
    """Return the country of a test card number that names one, in upper case."""
    for country, exception in COUNTRY_EXCEPTIONS.items():
        if number == exception:
            return country.upper()
    return next(
        (code.upper() for code, digits in COUNTRY_CODES.items() if number[:9] == f"400000{digits}"), None
    )
