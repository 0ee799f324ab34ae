"""What a buyer wants changed of an order, as the page's own form sends it.

The fields belong to the payment form, so that whatever else has been typed comes along and is not lost. What
older pages had and suites send, a form with a change alone, is read, too.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_wtf import FlaskForm
from wtforms import StringField

from checkout.csrf import TokenOfPage
from checkout.forms import CSRF_SECONDS
from checkout.i18n import spoken
from checkout.typed_amounts import FIELD, minor_of
from checkout.words import trimmed
from payments.errors import InvalidRequest
from payments.hosted.checkout_sessions import CheckoutSession
from payments.hosted.line_items import AMOUNT_REFUSED, LineItem
from payments.hosted.reprice import change_quantity, choose_amount, choose_shipping, enter_code, leave_code
from payments.hosted.saved_cards import forget_card

LONGEST_CODE = 500
QUANTITY = re.compile("[0-9]{1,6}")
QUANTITY_OF = "quantity-"  # and the id of a line

Sent = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One change, and where on the page a refusal of it stands: code, delivery, cards, lines."""

    place: str
    take: Callable[[CheckoutSession], None]
    enters_code: bool = False  # codes that are no good are counted


class OrderForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """The buttons, each with what it is about, and the fields that are not named after a line."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # flask-wtf publishes no types
        """The token is that of the page."""

        csrf_class = TokenOfPage
        csrf_time_limit = CSRF_SECONDS

    promotion_code = StringField(name="promotionCode", filters=[trimmed])
    apply = StringField(name="applyPromotionCode")
    remove = StringField(name="removePromotionCode")
    shipping_rate = StringField(name="shippingRate")
    remove_card = StringField(name="removeSavedCard")
    line = StringField(name="line", filters=[trimmed])
    quantity = StringField(name="quantity", filters=[trimmed])
    amount = StringField(name=FIELD, filters=[trimmed])
    add_line = StringField(name="addItem")
    remove_line = StringField(name="removeItem")

    def steps(self, session: CheckoutSession, sent: Sent) -> list[Step]:
        """Return what is to be changed: what was typed into the whole form, then what a button says."""
        if not is_whole(sent):
            return [self._alone()]
        pressed = self._pressed()
        own = self.add_line.data or self.remove_line.data
        return [*unapplied(session, sent, but=own), *([pressed] if pressed else [])]

    def _pressed(self) -> Step | None:
        if self.remove.data:
            return Step("code", leave_code)
        if self.add_line.data:
            return _added(self.add_line.data)
        if self.remove_line.data:
            return _of_line(self.remove_line.data, "0")
        if self.remove_card.data:
            return _without_card(self.remove_card.data)
        return _with_code(self.promotion_code.data) if self.apply.data else None

    def _alone(self) -> Step:
        if self.line.data:
            return _of_line(self.line.data, "0" if self.remove_line.data else self.quantity.data)
        if self.amount.data:
            return _amount(self.amount.data)
        pressed = self._pressed()
        if pressed is None and self.shipping_rate.data:
            return _delivered(self.shipping_rate.data)
        return pressed or _with_code(self.promotion_code.data)


def is_whole(sent: Sent) -> bool:
    """Tell whether the payment form was sent, with all that is typed there."""
    return "email" in sent


def unapplied(
    session: CheckoutSession, sent: Sent, *, but: str | None = None, code: bool = False
) -> list[Step]:
    """Return quantities, amount and delivery that differ from the order's, and the code where it counts."""
    steps = []
    asks = FIELD in sent or any(name.startswith(QUANTITY_OF) for name in sent)
    for line in LineItem.of_session(session.id) if asks else ():
        if line.custom_amount and FIELD in sent and _minor(sent[FIELD], session) != line.unit_amount:
            steps.append(_amount(sent[FIELD]))
        typed = trimmed(sent.get(QUANTITY_OF + line.id, str(line.quantity)))
        if line.choice and line.choice.adjustable and line.id != but and typed != str(line.quantity):
            steps.append(_of_line(line.id, typed))
    shipping = (session.adjustments or {}).get("shipping")
    if shipping and "shippingRate" in sent:
        chosen = shipping["options"][shipping["chosen"]]["shipping_rate"]
        if sent["shippingRate"] != chosen:
            steps.append(_delivered(sent["shippingRate"]))
    typed = trimmed(sent.get("promotionCode"))
    if code and typed and session.details.get("allow_promotion_codes"):
        steps.append(_with_code(typed))
    return steps


def _of_line(line_id: str, typed: str) -> Step:
    def take(session: CheckoutSession) -> None:
        if not QUANTITY.fullmatch(typed):
            raise InvalidRequest("This quantity can't be chosen.", param="quantity")
        change_quantity(session, line_id, int(typed))

    return Step("lines", take)


def _minor(typed: str, session: CheckoutSession) -> int | None:
    return minor_of(trimmed(typed), session.currency, spoken())


def _amount(typed: str) -> Step:
    def take(session: CheckoutSession) -> None:
        amount_minor = _minor(typed, session)
        if amount_minor is None:
            raise InvalidRequest(AMOUNT_REFUSED, param=FIELD)
        choose_amount(session, amount_minor)

    return Step("lines", take)


def _added(line_id: str) -> Step:
    def take(session: CheckoutSession) -> None:
        lines = LineItem.of_session(session.id)
        first = next((line.choice.first for line in lines if line.id == line_id and line.choice), 1)
        change_quantity(session, line_id, first)

    return Step("lines", take)


def _delivered(rate_id: str) -> Step:
    return Step("delivery", lambda session: choose_shipping(session, rate_id))


def _without_card(method_id: str) -> Step:
    return Step("cards", lambda session: forget_card(session, method_id))


def _with_code(typed: str) -> Step:
    return Step("code", lambda session: enter_code(session, typed[:LONGEST_CODE]), enters_code=True)
