"""The colours of a page, worked out from the two that a merchant chooses so that every word can be read.

A merchant gives the ground of the order's column and the button. Inks, lines and the accent follow from them
with WCAG's contrasts, for the light page and for the dark one, so that no choice makes a page unreadable.
"""

from dataclasses import dataclass

from kit.colors import (
    SHAPE_CONTRAST,
    TEXT_CONTRAST,
    Color,
    blend,
    contrast,
    faded,
    luminance,
    readable_on,
    standing_out,
)

# The ground of the form in both schemes; as in static/checkout/checkout.css.
PANES = {"light": Color(255, 255, 255), "dark": Color(23, 28, 26)}
NIGHT = Color(14, 18, 16)
# On a dark page a light ground keeps so much of its hue; a dark one stays as it is.
HUE_KEPT = 0.08
LIGHT_GROUND = 0.18  # luminance from which a ground is no ground for a dark page
HOVER = 0.14
MUTED_CONTRAST = 5.5  # small words need a little more than AA


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one scheme, by what they are for."""

    order: Color  # the ground of the order's column
    order_ink: Color
    order_muted: Color
    order_line: Color
    accent: Color  # links, focus and what is chosen, on the form's ground
    button: Color
    button_ink: Color
    button_hover: Color
    button_line: Color  # around a button that hardly differs from the form's ground


def palette(background: Color, button: Color, scheme: str) -> Palette:
    """Return the colours of a scheme, `light` or `dark`."""
    pane = PANES[scheme]
    order = background
    if scheme == "dark" and luminance(background) > LIGHT_GROUND:
        order = blend(NIGHT, background, HUE_KEPT)
    ink = _soft_ink(order)
    button_ink = readable_on(button)
    return Palette(
        order=order,
        order_ink=ink,
        order_muted=faded(ink, order, 0.42, MUTED_CONTRAST) if contrast(ink, order) > MUTED_CONTRAST else ink,
        order_line=blend(order, ink, 0.16),
        accent=standing_out(button, pane, TEXT_CONTRAST),
        button=button,
        button_ink=button_ink,
        button_hover=_hovered(button, button_ink),
        button_line=button
        if contrast(button, pane) >= SHAPE_CONTRAST
        else standing_out(button, pane, SHAPE_CONTRAST),
    )


def _soft_ink(ground: Color) -> Color:
    """Return black or white, a little softened by the ground where that leaves plenty of contrast."""
    return faded(readable_on(ground), ground, 0.12, 12.0)


def _hovered(button: Color, ink: Color) -> Color:
    """Return a shade further from its ink, so that hovering never makes the words harder to read."""
    away = Color(*(255 - part for part in ink))
    return blend(button, away, HOVER)
