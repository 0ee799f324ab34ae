"""Receipts: which of them customers are sent by mail without a payment asking for it."""

from flask import url_for

from dashboard import edge, rendering
from dashboard.edge import Body, Onward
from dashboard.forms import ReceiptsForm
from payments.merchants import present_merchant
from payments.receipts.wishes import Wishes, change_wishes


@edge.page("/receipts")
def receipts() -> Body:
    """Show what is sent."""
    merchant = present_merchant()
    wishes = Wishes(merchant.receipts_of_payments, merchant.receipts_of_refunds)
    return rendering.page("receipts", wishes=wishes)


@edge.action("/receipts", refused=edge.back_to("receipts"))
def change_receipts() -> Body:
    """Change what is sent."""
    form = ReceiptsForm()
    form.require_valid()
    change_wishes(Wishes(form.payments.data, form.refunds.data))
    return Onward(url_for("dashboard.receipts"), "Saved. It holds everywhere within a minute.")
