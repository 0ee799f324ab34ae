"""A merchant's looks as a small stylesheet of our own origin: the page's policy allows no inline style.

The address holds all that the sheet is made of (`/c/style/<version>/<ground>-<button>-<border>-<font>.css`).
Two pages of the same looks share it, any process can answer it, it may be kept for ever, and it can hold
nothing but colours, borders and fonts of the tables below.
"""

import hashlib
import re
from pathlib import Path

from flask import Blueprint, Response, abort

from checkout import palette
from checkout.paths import path_to
from kit import colors
from payments.branding import DEFAULTS, Look

ADDRESS = re.compile(r"([0-9a-f]{6})-([0-9a-f]{6})-([a-z]{1,20})-([a-z0-9_]{1,40})\.css")

# Stripe's border styles: the radius of buttons, of fields, and of cards and boxes.
BORDERS = {
    "rounded": ("8px", "8px", "12px"),
    "rectangular": ("0", "0", "0"),
    "pill": ("999px", "22px", "20px"),
}

# No font is ever fetched. Each of Stripe's families is used where it is installed, and else stands for fonts
# of its kind that systems bring along.
SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif'
HUMANIST = 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "DejaVu Sans", source-sans-pro, sans-serif'
GEOMETRIC = 'Avenir, Montserrat, Corbel, "URW Gothic", source-sans-pro, sans-serif'
INDUSTRIAL = 'Bahnschrift, "DIN Alternate", "Franklin Gothic Medium", "Nimbus Sans Narrow", sans-serif'
ROUND = 'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, Comfortaa, "Arial Rounded MT Bold", sans-serif'
SERIF = 'Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, "Liberation Serif", serif'
SLAB = 'Rockwell, "Rockwell Nova", "Roboto Slab", "DejaVu Serif", "Sitka Small", serif'
MONO = 'ui-monospace, "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace'
JAPANESE = '"Hiragino Sans", "Yu Gothic", Meiryo, "Noto Sans CJK JP", sans-serif'
FONTS = {
    "default": SANS,
    "be_vietnam_pro": f'"Be Vietnam Pro", {SANS}',
    "bitter": f"Bitter, {SLAB}",
    "chakra_petch": f'"Chakra Petch", {INDUSTRIAL}',
    "hahmlet": f"Hahmlet, {SERIF}",
    "inconsolata": f"Inconsolata, {MONO}",
    "inter": f"Inter, {SANS}",
    "lato": f"Lato, {HUMANIST}",
    "lora": f"Lora, {SERIF}",
    "m_plus_1_code": f'"M PLUS 1 Code", {MONO}',
    "montserrat": f"Montserrat, {GEOMETRIC}",
    "noto_sans": f'"Noto Sans", {SANS}',
    "noto_sans_jp": f'"Noto Sans JP", {JAPANESE}',
    "noto_serif": f'"Noto Serif", {SERIF}',
    "nunito": f"Nunito, {ROUND}",
    "open_sans": f'"Open Sans", {HUMANIST}',
    "pridi": f"Pridi, {SERIF}",
    "pt_sans": f'"PT Sans", {HUMANIST}',
    "pt_serif": f'"PT Serif", {SERIF}',
    "raleway": f"Raleway, {GEOMETRIC}",
    "roboto": f"Roboto, {SANS}",
    "roboto_slab": f'"Roboto Slab", {SLAB}',
    "source_sans_pro": f'"Source Sans Pro", {HUMANIST}',
    "titillium_web": f'"Titillium Web", {INDUSTRIAL}',
    "ubuntu_mono": f'"Ubuntu Mono", {MONO}',
    "zen_maru_gothic": f'"Zen Maru Gothic", {ROUND}',
}
FOR_EVER = "public, max-age=31536000, immutable"
# Of what the sheet is worked out by: a change there is another address.
VERSION = hashlib.sha256(
    b"".join(Path(source).read_bytes() for source in (__file__, palette.__file__, colors.__file__))
).hexdigest()[:12]

blueprint = Blueprint("style", __name__)


def address_of(look: Look) -> str | None:
    """Return the address of a look's stylesheet; None for the house's own looks, which need none."""
    if all(getattr(look, name) == value for name, value in DEFAULTS.items()):
        return None
    ground, button = (_digits(getattr(look, name), name) for name in ("background_color", "button_color"))
    name = f"{ground}-{button}-{look.border_style}-{look.font_family}.css"
    return path_to("style.show", version=VERSION, name=name)


def _digits(text: str, name: str) -> str:
    color = colors.parse(text) or colors.parse(DEFAULTS[name])
    return color.hex[1:] if color else ""


@blueprint.get("/c/style/<version>/<name>")
def show(version: str, name: str) -> Response:
    """Answer a stylesheet; the address of another version of this code is answered as well, and not kept."""
    found = ADDRESS.fullmatch(name)
    if found is None or found[3] not in BORDERS or found[4] not in FONTS:
        abort(404)
    response = Response(sheet(*found.groups()), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = FOR_EVER if version == VERSION else "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def sheet(ground: str, button: str, border: str, font: str) -> str:
    """Return the stylesheet: the variables of checkout.css that differ from the house's own."""
    plain = {} if font == "default" else {"font": FONTS[font]}
    if border != DEFAULTS["border_style"]:
        plain |= dict(zip(("radius-button", "radius", "radius-box"), BORDERS[border], strict=True))
    light, dark = (_scheme(ground, button, scheme) for scheme in ("light", "dark"))
    by_day, by_night = _written(plain | light), _written(dark)
    return (
        f":root{{{by_day}}}"
        f'@media(prefers-color-scheme:dark){{:root:where(:not([data-scheme="light"])){{{by_night}}}}}'
        f':root:where([data-scheme="dark"]){{{by_night}}}'  # a shop's frame may be held to either
    )


def _scheme(ground: str, button: str, scheme: str) -> dict[str, str]:
    """Return a scheme's variables; what the house's own colours come to stands in checkout.css."""
    background, pressed = colors.parse(f"#{ground}"), colors.parse(f"#{button}")
    if background is None or pressed is None:
        abort(404)
    worked = palette.palette(background, pressed, scheme)
    kept = {name.replace("_", "-"): getattr(worked, name).hex for name in palette.Palette.__slots__}
    kept["rosette"] = "none"  # the house's own ornament goes with the house's own ground
    own_ground = f"#{ground}" == DEFAULTS["background_color"]
    own_button = f"#{button}" == DEFAULTS["button_color"]
    return {
        name: value
        for name, value in kept.items()
        if not (own_ground if name.startswith(("order", "rosette")) else own_button)
    }


def _written(variables: dict[str, str]) -> str:
    return ";".join(f"--{name}:{value}" for name, value in variables.items())
