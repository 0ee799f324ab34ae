"""What Florin writes to customers by mail: receipts, in the language of their page."""

from babel import Locale
from flask import render_template
from werkzeug.datastructures import LanguageAccept

from checkout.i18n import gettext, language, speaking
from checkout.locales import choose_locale
from checkout.receipts import written
from kit.plain_text import one_line
from kit.readable import format_amount
from payments.charging.charges import Charge
from payments.charging.refunds import Refund
from payments.hosted import addresses
from payments.receipts import numbers
from payments.receipts.letters import Letter, Mail
from payments.receipts.receipt import Receipt, receipt_of


def receipt(letter: Letter) -> Mail:
    """Return the mail about a payment."""
    charge = Charge.find(letter.object_id)
    told = receipt_of(charge)
    with speaking(_locale(told)):
        subject = gettext(
            "Your receipt from %(merchant)s, number %(number)s", merchant=told.merchant, number=told.number
        )
        return _mail("receipt", charge, told, subject, refund=None)


def refund_receipt(letter: Letter) -> Mail:
    """Return the mail about a refund."""
    refund = Refund.find(letter.object_id)
    charge = Charge.find(refund.charge_id)
    told = receipt_of(charge)
    with speaking(_locale(told)):
        subject = gettext(
            "Your refund from %(merchant)s, number %(number)s",
            merchant=told.merchant,
            number=numbers.of(refund.id),
        )
        amount = format_amount(refund.amount, refund.currency, _locale(told))
        return _mail("receipt", charge, told, subject, refund=amount)


def _mail(name: str, charge: Charge, told: Receipt, subject: str, *, refund: str | None) -> Mail:
    facts = {
        "written": written(told, _locale(told)),
        "address": addresses.receipt_page(charge.id, numbers.seal(charge.id)),
        "refund": refund,
        "language": language,
    }
    return Mail(
        subject=one_line(subject),
        text=render_template(f"checkout/mail/{name}.txt", **facts),
        html=render_template(f"checkout/mail/{name}.html", **facts),
        sender=one_line(told.merchant),
    )


def _locale(told: Receipt) -> Locale:
    return choose_locale(told.locale, LanguageAccept())
