"""The options of a long chooser, written once for each language: countries are half of a page's making."""

from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup

Choices = tuple[tuple[str, str], ...]
OPTION = Markup('<option value="{}">{}</option>\n')
CHOSEN = Markup('<option value="{}" selected>{}</option>\n')


def options(choices: Iterable[tuple[str, str]], chosen: str | None) -> Markup:
    """Return the options of a chooser, from names of the house's own: none of a merchant's."""
    return _options(tuple(choices), chosen)


@lru_cache(maxsize=128)
def _options(choices: Choices, chosen: str | None) -> Markup:
    written, at = _written(choices)
    place = at.get(chosen or "")
    if place is None:
        return Markup("").join(written)
    return Markup("").join((*written[:place], CHOSEN.format(*choices[place]), *written[place + 1 :]))


@lru_cache(maxsize=64)
def _written(choices: Choices) -> tuple[list[Markup], dict[str, int]]:
    return [OPTION.format(*choice) for choice in choices], {code: at for at, (code, _) in enumerate(choices)}
