"""How a session looks to its buyer: which locale, what the order summary and the button say."""

from dataclasses import dataclass
from functools import lru_cache

from babel import Locale
from babel.core import get_global
from werkzeug.datastructures import LanguageAccept

from checkout.countries import country_choices
from checkout.sums import Delivery

# Stripe's values of `locale` and a few regional ones that change how numbers are written. A closed list:
# each loaded locale costs the process about 0.7 MB, and the header that picks one comes from strangers.
LOCALES = frozenset((
    "bg", "cs", "da", "de", "de-AT", "de-CH", "el", "en", "en-AU", "en-CA", "en-GB", "en-IE",
    "en-IN", "en-NZ", "en-SG", "en-US", "en-ZA", "es", "es-419", "es-MX", "et", "fi", "fil", "fr",
    "fr-BE", "fr-CA", "fr-CH", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt",
    "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK",
    "zh-TW",
))  # fmt: skip
SAVE_WORDS = "Save card"
FREE_WORDS = "Complete order"
DEFAULT_LOCALE = "en"
DEFAULT_COUNTRY = "US"

# Stripe's `submit_type`: the button's words. Paying names the sum, the others name the deed.
SUBMIT_WORDS = {"auto": "Pay", "pay": "Pay", "book": "Book", "donate": "Donate", "subscribe": "Subscribe"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line item, its sums already written out."""

    name: str
    description: str | None
    quantity: int
    unit: str
    total: str


@dataclass(frozen=True, slots=True)
class Order:
    """The order summary: who is paid, for what, how much. `sums` are the steps from subtotal to total."""

    merchant: str
    test_mode: bool
    title: str
    total: str
    lines: tuple[Line, ...]
    sums: tuple[tuple[str, str], ...]
    button: str
    keeps_card: bool = False  # nothing is paid: the card is kept for later
    shown_minor: int | None = None  # the total, where somebody may change it in another window
    is_free: bool = False
    takes_code: bool = False
    code: str | None = None  # the promotion code on it, which the buyer may take off
    deliveries: tuple[Delivery, ...] = ()


def choose_locale(wanted: str | None, accepted: LanguageAccept) -> Locale:
    """Return the merchant's choice, else the browser's first language that we know, else English."""
    candidates = [wanted] if wanted and wanted != "auto" else list(accepted.values())
    for tag in candidates:
        known = _known(tag)
        if known:
            return _locale(known)
    return _locale(DEFAULT_LOCALE)


def _known(tag: str) -> str | None:
    """Return the listed tag nearest to a browser's: en-in -> en-IN, de-LI -> de, xx -> None."""
    language, _, rest = tag.replace("_", "-").partition("-")
    exact = f"{language.lower()}-{rest.upper()}" if rest else language.lower()
    return next((known for known in (exact, language.lower()) if known in LOCALES), None)


@lru_cache(maxsize=len(LOCALES))
def _locale(tag: str) -> Locale:
    return Locale.parse(tag, sep="-")


def home_country(locale: Locale, accepted: LanguageAccept) -> str:
    """Guess the country to preselect: the region of the browser or of the locale, else the likeliest."""
    for tag in accepted.values():
        region = tag.replace("_", "-").rpartition("-")[2].upper()
        if "-" in tag and region in dict(country_choices(locale)):
            return region
    if locale.territory and len(locale.territory) == 2:
        return str(locale.territory)
    return _likely_country(locale.language)


def _likely_country(language: str) -> str:
    likely = str(get_global("likely_subtags").get(language, ""))
    region = likely.rpartition("_")[2]
    return region if len(region) == 2 else DEFAULT_COUNTRY


def button_words(submit_type: str | None, total: str | None) -> str:
    """Return what the button says: 'Pay ₹499.00', 'Book', 'Donate'; `total` is None where nothing is paid."""
    if total is None:
        return FREE_WORDS
    words = SUBMIT_WORDS.get(submit_type or "auto", "Pay")
    return f"{words} {total}" if words == "Pay" else words
