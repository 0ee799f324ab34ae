"""How the customers' pages look: name, colours, picture, and where customers ask."""

import re

from flask import url_for

from dashboard import edge, rendering
from dashboard.branding_form import BrandingForm
from dashboard.edge import Body, Onward
from payments import branding as looks
from payments.errors import InvalidRequest, StripeError
from payments.merchants import present_merchant

CHANGED = "This has changed since you opened the page. Nothing was done; look at it again first."
DONE = "Your pages look so from now on, everywhere within a minute."


@edge.page("/branding")
def branding() -> Body:
    """Show the looks with a form to change them."""
    return _shown(BrandingForm.of(present_merchant()))


def _typed_again(refusal: StripeError) -> Body:
    """Show what was typed, and why it can't be."""
    form = BrandingForm()
    # The form names its field itself; what the API would refuse names a parameter beside its message.
    words = re.findall(r"\w+", refusal.param or "")[1:]
    label = next((f"{form[word].label.text}: " for word in words if word in form), "")
    return _shown(form, label + refusal.message), 422


@edge.action("/branding", refused=_typed_again)
def change_branding() -> Body:
    """Change the looks of every page that is opened from now on, and of those that are open."""
    form, merchant = BrandingForm(), present_merchant()
    given, contact = form.given()
    if form.version.data != str(merchant.version):
        raise InvalidRequest(CHANGED, code="page_outdated")
    looks.change(merchant, given, contact)
    return Onward(url_for("dashboard.branding"), DONE)


def _shown(form: BrandingForm, problem: str | None = None) -> str:
    return rendering.page("branding", form=form, problem=problem)
