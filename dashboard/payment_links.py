"""Payment links: the list, and one with its short address and that address as a QR code to print or show."""

import io
from typing import Any

import segno
from flask import Response, request

from dashboard import edge, rendering
from dashboard.edge import Body
from dashboard.lists import listing
from payments.errors import NotFound
from payments.hosted import addresses
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.payment_links import PaymentLink

# Dark on white with the quiet zone that the standard asks for, whatever stands around it; the vector scales
# to any size, the picture is 8 pixels a module.
QR_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "svg": ("image/svg+xml", {"border": 4, "light": "#fff", "xmldecl": True, "omitsize": True}),
    "png": ("image/png", {"border": 4, "scale": 8}),
}
ERROR_LEVEL = "m"  # readable with 15 % of it worn off


@edge.page("/payment-links")
def payment_links() -> Body:
    """List links, newest first."""
    return rendering.page("payment_links", page=listing(PaymentLink), address_of=_address)


@edge.page("/payment-links/<link_id>")
def payment_link(link_id: str) -> Body:
    """Show one link with its QR code, and the sessions that came of it."""
    found = PaymentLink.find(link_id)
    query = CheckoutSession.mine().where(CheckoutSession.payment_link_id == found.id)
    return rendering.page(
        "payment_link", link=found, address=_address(found), page=listing(CheckoutSession, query)
    )


@edge.page("/payment-links/<link_id>/qr.<kind>")
def payment_link_qr(link_id: str, kind: str) -> Body:
    """Return the QR code of a link's address; with `?download=yes` as a file to keep."""
    found = PaymentLink.find(link_id)
    if kind not in QR_FORMATS:
        raise NotFound("QR code", kind, param="kind")
    media_type, look = QR_FORMATS[kind]
    picture = io.BytesIO()
    segno.make(_address(found), error=ERROR_LEVEL, micro=False).save(picture, kind=kind, **look)
    answer = Response(picture.getvalue(), content_type=media_type)
    if "download" in request.args:
        answer.headers["Content-Disposition"] = f'attachment; filename="{found.id}.{kind}"'
    return answer


def _address(link: PaymentLink) -> str:
    return addresses.link_page(link.code)
