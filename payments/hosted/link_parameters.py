"""What whoever spreads a payment link may write behind its address, as Stripe's links take it.

What can't be used is dropped, and the page works all the same; a card number, which whoever follows the link
may write into any of them, is kept nowhere. Sources of the rules:
https://docs.stripe.com/payment-links/customize (URL parameters) and .../payment-links/url-parameters.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import stripe

from kit.params import shapes
from payments.charging.card_brands import hides_card_number, names_a_card
from payments.emails import is_email
from payments.hosted.ways_back import MAXIMUM_URL_LENGTH

_stripes = shapes.read_hash(stripe.params.checkout.SessionCreateParams, only={"locale"}).fields["locale"]
# Stripe's page speaks neither Arabic nor Hebrew; Florin's does.
LOCALES: tuple[str, ...] = (*_stripes.choices, "ar", "he")
CLIENT_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,200}")
PROMOTION_CODE = re.compile(r"[A-Za-z0-9]{1,500}")
CAMPAIGN = re.compile(r"[A-Za-z0-9_-]{1,150}")
CAMPAIGNS = ("utm_source", "utm_content", "utm_medium", "utm_term", "utm_campaign")
REFERENCES = ("client_reference_id", "prefilled_promo_code", *CAMPAIGNS)


@dataclass(frozen=True, slots=True)
class LinkParameters:
    """The parameters of one visit that can be used; None for those that can't, or weren't given."""

    client_reference_id: str | None = None
    locale: str | None = None
    email: str | None = None
    locked_email: str | None = None
    promotion_code: str | None = None
    campaigns: Mapping[str, str] = field(default_factory=dict)
    with_card_numbers: tuple[str, ...] = ()  # names of those that were dropped for holding one

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "LinkParameters":
        """Take what can be used of an address's parameters."""
        locale = given.get("locale")
        spoiled = tuple(name for name in REFERENCES if names_a_card(given.get(name, "")))
        return cls(
            client_reference_id=_matching(CLIENT_REFERENCE, given.get("client_reference_id")),
            locale=locale if locale in LOCALES else None,
            email=_email(given.get("prefilled_email")),
            locked_email=_email(given.get("locked_prefilled_email")),
            promotion_code=_matching(PROMOTION_CODE, given.get("prefilled_promo_code")),
            campaigns={name: given[name] for name in CAMPAIGNS if _matching(CAMPAIGN, given.get(name))},
            with_card_numbers=spoiled,
        )

    def onward(self, url: str) -> str:
        """Return the shop's address with the campaign behind it, where there is room."""
        if not self.campaigns:
            return url
        address, hash_sign, fragment = url.partition("#")
        joined = f"{address}{'&' if '?' in address else '?'}{urlencode(self.campaigns)}{hash_sign}{fragment}"
        return joined if len(joined) <= MAXIMUM_URL_LENGTH else url


def _matching(shape: re.Pattern[str], text: str | None) -> str | None:
    return text if text is not None and shape.fullmatch(text) and not names_a_card(text) else None


def _email(text: str | None) -> str | None:
    return text if text and is_email(text) and not hides_card_number(text) else None
