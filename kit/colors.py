"""Colours as people and browsers see them: hex in and out, WCAG's contrast, and shades that can be read.

Source of the formulas: WCAG 2.2, "relative luminance" and "contrast ratio"; 4.5 is its AA for text and 3 the
one for what is not text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3.0
STEPS = 32  # in which a colour walks towards black or white

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


class Color(NamedTuple):
    """An opaque sRGB colour, each part from 0 to 255."""

    red: int
    green: int
    blue: int

    @property
    def hex(self) -> str:
        """Return it as a stylesheet has it, such as `#0d6b50`."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


BLACK, WHITE = Color(0, 0, 0), Color(255, 255, 255)


def parse(text: str) -> Color | None:
    """Return the colour of `#rgb` or `#rrggbb`, None for any other words."""
    if _HEX.fullmatch(text) is None:
        return None
    digits = text[1:] if len(text) == 7 else "".join(digit * 2 for digit in text[1:])
    return Color(int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))


def luminance(color: Color) -> float:
    """Return the relative luminance, 0 for black and 1 for white."""
    red, green, blue = (_linear(part / 255) for part in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours, from 1 to 21, in either order."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def blend(color: Color, other: Color, share: float) -> Color:
    """Return the colour with a share (0 to 1) of another one mixed in."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, other, strict=True))
    return Color(red, green, blue)


def readable_on(ground: Color) -> Color:
    """Return black or white, whichever reads better; the worst ground there is still gives it 4.58."""
    return max(BLACK, WHITE, key=lambda ink: contrast(ink, ground))


def standing_out(color: Color, ground: Color, ratio: float) -> Color:
    """Return the colour, moved towards black or white as far as the contrast with its ground asks for."""
    end = readable_on(ground)
    shades = (blend(color, end, step / STEPS) for step in range(STEPS + 1))
    return next((shade for shade in shades if contrast(shade, ground) >= ratio), end)


def faded(ink: Color, ground: Color, share: float, ratio: float) -> Color:
    """Return an ink with up to a share of its ground mixed in, as far as it keeps the contrast."""
    shades = (blend(ink, ground, share * (STEPS - step) / STEPS) for step in range(STEPS + 1))
    return next((shade for shade in shades if contrast(shade, ground) >= ratio), ink)
