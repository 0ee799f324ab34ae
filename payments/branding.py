"""How a merchant looks to its customers: name, colours, logo, contact; its own, and those of one session.

What a session is given (`branding_settings`) counts before what the merchant has set for all of its pages,
and that before the house's own looks.
"""

import re
import threading
import time
import unicodedata
from dataclasses import dataclass, field
from typing import Any

import stripe

from kit import colors, urls
from kit.database import db
from payments import audit
from payments.emails import check_email
from payments.errors import InvalidRequest, NotFound
from payments.merchants import Merchant
from payments.shapes import shaped

COLORS = ("background_color", "button_color")
PICTURES = ("icon", "logo")
CONTACT = ("support_email", "support_phone", "support_url", "url")
DEFAULTS = {
    "background_color": "#f5f2ea", "button_color": "#0d6b50", "border_style": "rounded",
    "font_family": "default",
}  # fmt: skip
# Those of Stripe's SDK.
BORDER_STYLES = ("rounded", "rectangular", "pill")
FONT_FAMILIES = (
    "default", "be_vietnam_pro", "bitter", "chakra_petch", "hahmlet", "inconsolata", "inter", "lato", "lora",
    "m_plus_1_code", "montserrat", "noto_sans", "noto_sans_jp", "noto_serif", "nunito", "open_sans", "pridi",
    "pt_sans", "pt_serif", "raleway", "roboto", "roboto_slab", "source_sans_pro", "titillium_web",
    "ubuntu_mono", "zen_maru_gothic",
)  # fmt: skip
PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{2,38}")
LONGEST_URL = 2048  # of a picture
LONGEST_SHOWN_NAME = 100
CACHE_SECONDS = 60.0
MOST_KEPT = 10_000
# Which only steer how the letters around them are laid out: a name has no use for them, a deception has.
STEERING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Brand:
    """A merchant's own looks and contact, as they were at most a minute ago."""

    name: str
    branding: dict[str, Any] = field(default_factory=dict)
    contact: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Look:
    """How one page looks: every value is one that the house has checked."""

    name: str
    business: str  # as terms name the merchant, whatever a session is headed by
    background_color: str
    button_color: str
    border_style: str
    font_family: str
    icon: str | None = None
    logo: str | None = None
    contact: dict[str, str] = field(default_factory=dict)


def check(given: dict[str, Any], within: str = "branding_settings") -> None:
    """Refuse looks that no page can have; raises InvalidRequest naming the parameter."""
    for name in COLORS:
        if given.get(name) and colors.parse(given[name]) is None:
            raise InvalidRequest(
                f"Invalid hex color: {given[name][:40]}. It must be `#` and six hexadecimal digits.",
                param=f"{within}[{name}]",
            )
    if given.get("icon") and given.get("logo"):
        message = "You may only specify one of these parameters: icon, logo."
        raise InvalidRequest(message, param=f"{within}[logo]")
    for name in PICTURES:
        if given.get(name):
            _check_picture(given[name], f"{within}[{name}]")
    if "display_name" in given and not shown_name(given["display_name"]):
        raise InvalidRequest("The display name has nothing to show.", param=f"{within}[display_name]")


def _check_picture(given: dict[str, Any], within: str) -> None:
    if given["type"] not in ("file", "url"):
        raise InvalidRequest("Invalid type: must be one of file or url", param=f"{within}[type]")
    wanted, other = ("file", "url") if given["type"] == "file" else ("url", "file")
    if not given.get(wanted):
        param = f"{within}[{wanted}]"
        raise InvalidRequest(f"Missing required param: {param}.", code="parameter_missing", param=param)
    if given.get(other):
        message = f"You may not specify `{other}` where `type` is `{wanted}`."
        raise InvalidRequest(message, param=f"{within}[{other}]")
    if wanted == "file":
        # Florin takes no uploads of pictures, so that there is none of any id.
        raise NotFound("file upload", given["file"], param=f"{within}[file]")
    check_picture_url(given["url"], f"{within}[url]")


def check_picture_url(url: str, param: str) -> None:
    """Refuse an address that no picture can be fetched from."""
    if len(url) > LONGEST_URL or isinstance(urls.parse(url), str):
        raise InvalidRequest("Not a valid URL", code="url_invalid", param=param)


def shown_name(name: str) -> str:
    """Return a name as a page shows it: one line, not endless, no letters that steer others."""
    letters = (
        " " if unicodedata.category(letter) == "Cc" else letter for letter in name if letter not in STEERING
    )
    words = " ".join("".join(letters).split())
    return words if len(words) <= LONGEST_SHOWN_NAME else f"{words[:LONGEST_SHOWN_NAME]}…"


def look_of(account_id: str, given: dict[str, Any] | None = None) -> Look:
    """Return how a page of a merchant looks, where a session was given these looks or none."""
    brand = brand_of(account_id)
    asked = {name: value for name, value in (given or {}).items() if value}
    merged = DEFAULTS | brand.branding | asked
    # One that is given for the session takes the place of whichever the merchant has.
    pictures = asked if any(asked.get(name) for name in PICTURES) else merged
    business = brand.branding.get("display_name") or brand.name
    return Look(
        name=shown_name(asked.get("display_name") or business),
        business=shown_name(business),
        **{name: merged[name] for name in DEFAULTS},
        icon=(pictures.get("icon") or {}).get("url"),
        logo=(pictures.get("logo") or {}).get("url"),
        contact=brand.contact,
    )


def as_stripe(account_id: str, given: dict[str, Any] | None) -> dict[str, Any]:
    """Return a session's `branding_settings`, whole: what it was not given is the merchant's."""
    brand = brand_of(account_id)
    asked = {name: value for name, value in (given or {}).items() if value}
    merged = DEFAULTS | {"display_name": brand.name} | brand.branding | asked
    if any(asked.get(name) for name in PICTURES):
        merged |= {name: asked.get(name) for name in PICTURES}
    return shaped(stripe.checkout.Session.BrandingSettings, **merged)


_brands: dict[str, tuple[float, Brand]] = {}
_lock = threading.Lock()


def brand_of(account_id: str) -> Brand:
    """Return a merchant's looks, kept in memory for a minute."""
    known = _brands.get(account_id)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    merchant = db.session.get(Merchant, account_id)
    if merchant is None:
        raise NotFound("account", account_id)
    brand = Brand(merchant.name, merchant.branding or {}, merchant.business_profile or {})
    with _lock:
        if len(_brands) >= MOST_KEPT:
            _brands.clear()
        _brands[account_id] = (time.monotonic() + CACHE_SECONDS, brand)
    return brand


def forget(account_id: str) -> None:
    """Drop a merchant's looks from this process's memory; other processes forget them within a minute."""
    with _lock:
        _brands.pop(account_id, None)


def change(merchant: Merchant, looks: dict[str, Any], contact: dict[str, str]) -> None:
    """Set how all of a merchant's pages look; raises InvalidRequest naming the parameter."""
    check(looks, "branding")
    check_email(contact.get("support_email"), "business_profile[support_email]")
    if contact.get("support_phone") and PHONE.fullmatch(contact["support_phone"]) is None:
        message = "A phone number is written in digits, such as +1 202 555 0143."
        raise InvalidRequest(message, param="business_profile[support_phone]")
    for name in ("support_url", "url"):
        if contact.get(name) and isinstance(urls.parse(contact[name]), str):
            raise InvalidRequest("Not a valid URL", code="url_invalid", param=f"business_profile[{name}]")
    merchant.branding = {name: value for name, value in looks.items() if value}
    merchant.business_profile = {name: contact[name] for name in CONTACT if contact.get(name)}
    audit.record("account.branding_changed", merchant.id, fields=sorted(merchant.branding))
    forget(merchant.id)
