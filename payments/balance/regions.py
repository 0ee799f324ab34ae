"""Where a card comes from, seen from where the payment was taken: what fees and costs depend on."""

from typing import Literal

Region = Literal["domestic", "same_region", "international", "unknown"]

# Countries whose issuers charge each other's merchants as one region: the EEA.
EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()
)
REGIONS = (EEA,)


def region_of(card_country: str | None, country: str) -> Region:
    """Return the region of a card; a country that nobody told is unknown."""
    if card_country is None:
        return "unknown"
    if card_country == country:
        return "domestic"
    if any(card_country in region and country in region for region in REGIONS):
        return "same_region"
    return "international"
