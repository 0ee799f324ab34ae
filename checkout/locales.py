"""Which locale a customer's page is written in: the merchant's choice, else the browser's, else English."""

from functools import lru_cache

from babel import Locale
from werkzeug.datastructures import LanguageAccept

# Stripe's values of `locale`, three languages more, and a few regional ones that change how numbers are
# written. A closed list: each loaded locale costs the process about 0.7 MB, and the header that picks one
# comes from strangers.
LOCALES = frozenset((
    "ar", "ar-AE", "ar-EG", "ar-SA", "bg", "cs", "da", "de", "de-AT", "de-CH", "el", "en", "en-AU", "en-CA",
    "en-GB", "en-IE", "en-IN", "en-NZ", "en-SG", "en-US", "en-ZA", "es", "es-419", "es-MX", "et", "fi", "fil",
    "fr", "fr-BE", "fr-CA", "fr-CH", "he", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt",
    "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
))  # fmt: skip
# What browsers say in other words.
OTHER_TAGS = {"iw": "he", "no": "nb", "zh-hant": "zh-TW", "zh-hant-hk": "zh-HK", "zh-mo": "zh-HK"}
DEFAULT_LOCALE = "en"
MOST_KNOWN = 12  # languages in a header that is remembered


def choose_locale(wanted: str | None, accepted: LanguageAccept) -> Locale:
    """Return the merchant's choice, else the browser's first language that we know, else English."""
    return _choose(wanted, accepted) if len(accepted) <= MOST_KNOWN else _chosen(wanted, accepted)


def _chosen(wanted: str | None, accepted: LanguageAccept) -> Locale:
    candidates = [wanted] if wanted and wanted != "auto" else list(accepted.values())
    for tag in candidates:
        known = _known(tag)
        if known:
            return _locale(known)
    return _locale(DEFAULT_LOCALE)


# The same few headers come again and again; a long one is no browser's.
_choose = lru_cache(maxsize=512)(_chosen)


def _known(tag: str) -> str | None:
    """Return the listed tag nearest to a browser's: en-in -> en-IN, de-LI -> de, xx -> None."""
    plain = tag.replace("_", "-").lower()
    language, _, rest = plain.partition("-")
    exact = f"{language}-{rest.upper()}" if rest else language
    near = (exact, *(OTHER_TAGS.get(name) for name in (plain, plain[:7], language)), language)
    return next((known for known in near if known in LOCALES), None)


@lru_cache(maxsize=len(LOCALES))
def _locale(tag: str) -> Locale:
    return Locale.parse(tag, sep="-")
