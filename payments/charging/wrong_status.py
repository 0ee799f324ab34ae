"""What a merchant is told whose verb comes at the wrong time, in words that merchants' code looks for."""

from collections.abc import Collection

# Beginnings of the sentences, by participle; the others are told in the last one's manner.
BEGINNINGS = {
    "confirmed": "You cannot confirm this {noun} because",
    "canceled": "You cannot cancel this {noun} because",
}
OTHERWISE = "This {noun} could not be {participle} because"
# A success is the end of it, whatever a merchant does.
AFTER_SUCCESS = {
    "confirmed": "it has already succeeded after being previously confirmed.",
    "captured": "it has already been captured.",
}


def wrong_status(noun: str, status: str, allowed: Collection[str], participle: str) -> str:
    """Return why a PaymentIntent or SetupIntent of that status can't be confirmed, captured, ..."""
    begun = BEGINNINGS.get(participle, OTHERWISE).format(noun=noun, participle=participle)
    if status == "succeeded" and participle in AFTER_SUCCESS:
        return f"{begun} {AFTER_SUCCESS[participle]}"
    return (
        f"{begun} it has a status of {status}. Only a {noun} with one of the following statuses may be "
        f"{participle}: {', '.join(sorted(allowed))}."
    )
