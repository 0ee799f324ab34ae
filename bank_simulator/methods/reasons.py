"""Why a payment without a card was refused: Stripe's error codes, and the two letters of the journal."""

from bank_simulator.methods.kinds import CUSTOMER_REFUSED, EXPIRED, NO_MONEY, PROVIDER_REFUSED

REASONS: dict[str, str] = {
    CUSTOMER_REFUSED: "M1",
    PROVIDER_REFUSED: "M2",
    EXPIRED: "M3",
    NO_MONEY: "M4",
    "debit_not_authorized": "M5",
    "charge_exceeds_source_limit": "M6",
    "charge_exceeds_transaction_limit": "M7",
    "sepa_unsupported_account": "M8",
    "processing_error": "96",
}
CODES: dict[str, str] = {letters: code for code, letters in REASONS.items()}
