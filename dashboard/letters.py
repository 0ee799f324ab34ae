"""What Florin writes to a merchant's users by mail."""

from flask import render_template

from kit.plain_text import one_line
from payments.hosted import addresses
from payments.merchants import present_merchant
from payments.receipts.letters import Letter, Mail


def endpoint_disabled(letter: Letter) -> Mail:
    """Return the mail about a webhook endpoint that the house has disabled."""
    facts = {
        "merchant": present_merchant().name,
        "live": letter.livemode,
        "url": letter.facts["url"],
        "reason": letter.facts["reason"],
        "address": addresses.dashboard_page(f"webhooks/{letter.object_id}"),
    }
    return Mail(
        subject=one_line(f"A webhook endpoint of {facts['merchant']} was disabled"),
        text=render_template("mail/endpoint_disabled.txt", **facts),
        html=render_template("mail/endpoint_disabled.html", **facts),
        sender=None,
    )
