"""The form of a merchant's looks and contact; payments/branding.py says what each may be."""

from typing import Any

from wtforms import ColorField, HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import Length, Optional

from dashboard.forms import NO_CONTROL_CHARACTERS, Form
from payments.branding import BORDER_STYLES, COLORS, CONTACT, DEFAULTS, FONT_FAMILIES, PICTURES
from payments.merchants import Merchant

PLAIN = ("display_name", *COLORS, "border_style", "font_family")
# Fonts whose names are not written as a title is.
FONTS = {
    "be_vietnam_pro": "Be Vietnam Pro", "m_plus_1_code": "M PLUS 1 Code", "noto_sans_jp": "Noto Sans JP",
    "pt_sans": "PT Sans", "pt_serif": "PT Serif",
}  # fmt: skip


def _choices(names: tuple[str, ...]) -> list[SelectChoice]:
    return [SelectChoice(name, FONTS.get(name) or name.replace("_", " ").title()) for name in names]


def _text(label: str, longest: int) -> StringField:
    return StringField(label, [Optional(), Length(max=longest), NO_CONTROL_CHARACTERS])


class BrandingForm(Form):
    """Looks, and where customers ask; `version` is the merchant's as shown."""

    display_name = _text("Name on your pages", 100)
    background_color = ColorField("Background", [Length(max=7)], default=DEFAULTS["background_color"])
    button_color = ColorField("Button", [Length(max=7)], default=DEFAULTS["button_color"])
    border_style = SelectField("Borders", choices=_choices(BORDER_STYLES), default=DEFAULTS["border_style"])
    font_family = SelectField("Font", choices=_choices(FONT_FAMILIES), default=DEFAULTS["font_family"])
    icon = _text("Icon", 2048)
    logo = _text("Logo", 2048)
    support_email = _text("Support email", 254)
    support_phone = _text("Support phone", 40)
    support_url = _text("Support page", 2048)
    url = _text("Website", 2048)
    version = HiddenField()

    @classmethod
    def of(cls, merchant: Merchant) -> "BrandingForm":
        """Return the form as the merchant's pages look now."""
        kept = dict(merchant.branding or {})
        shown = kept | {name: (kept.get(name) or {}).get("url") for name in PICTURES}
        return cls(
            formdata=None, data={**shown, **(merchant.business_profile or {}), "version": merchant.version}
        )

    def given(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return looks and contact as typed, the house's own ways left out; raises InvalidRequest."""
        self.require_valid()
        typed = {name: (self[name].data or "").strip() for name in (*PLAIN, *PICTURES, *CONTACT)}
        looks: dict[str, Any] = {name: typed[name] for name in PLAIN if typed[name] != DEFAULTS.get(name, "")}
        looks |= {name: {"type": "url", "url": typed[name]} for name in PICTURES if typed[name]}
        return looks, {name: typed[name] for name in CONTACT}
