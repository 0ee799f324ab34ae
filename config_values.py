"""Reading single values of the environment."""

from collections.abc import Mapping


class BadSetting(Exception):
    """A setting that Florin can't start with; the message names it."""


def integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """Return a whole number of the environment; raises BadSetting."""
    text = env.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise BadSetting(f"{name} must be a whole number from {low} to {high}, not {text!r}")
    return int(text)


def flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    """Return a switch of the environment; raises BadSetting."""
    text = env.get(name) or str(default).lower()
    if text not in ("true", "false", "1", "0"):
        raise BadSetting(f"{name} must be true or false, not {text!r}")
    return text in ("true", "1")
