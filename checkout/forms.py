"""The payment form: what the buyer types, checked field by field before a bank is bothered.

Field names on the page are Stripe's own (cardNumber, billingName, ...), so that browser suites
written for Stripe's page fill this one too.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from babel import Locale
from flask_wtf import FlaskForm
from wtforms import Field, StringField, ValidationError
from wtforms.i18n import DummyTranslations

from checkout.billing_fields import BillingFields
from checkout.card_fields import CardFields
from checkout.contact_fields import ContactFields
from checkout.delivery import DeliveryFields
from checkout.i18n import N_
from checkout.messages import MESSAGES
from checkout.words import trimmed
from payments.charging.cards import CardDetails
from payments.charging.methods import CARD
from payments.charging.methods.sepa_debit import SEPA_DEBIT
from payments.hosted.pay import Billing, Chosen

# A session lives a day at most; so does the page's CSRF token.
CSRF_SECONDS = int(timedelta(hours=24).total_seconds())

CSRF_FIELD = "csrf_token"

# What each method asks for beside the email address; the rest is asked on a page of its bank's.
ASKED: dict[str, tuple[str, ...]] = {
    CARD: (
        "card_number", "card_expiry", "card_cvc", "billing_name", "billing_country", "billing_postal_code",
    ),
    SEPA_DEBIT.type: ("iban", "account_holder"),
}  # fmt: skip


class PaymentForm(ContactFields, DeliveryFields, CardFields, BillingFields):
    """All that one session asks; the countries, and the one chosen first, follow the locale."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # flask-wtf publishes no types
        """The token outlives an hour at the kitchen table; the words are ours and not wtforms'."""

        csrf_time_limit = CSRF_SECONDS

        def get_translations(self, _form: Any) -> DummyTranslations:
            return DummyTranslations()

    method = StringField(N_("Payment method"), name="paymentMethod", filters=[trimmed])
    expected_amount = StringField(N_("Total"), name="expectedAmount", filters=[trimmed])

    def __init__(
        self,
        formdata: Any,
        locale: Locale,
        *,
        country: str = "US",
        fixed_email: str | None = None,
        types: Sequence[str] = (CARD,),
        ships_to: Sequence[str] = (),
        is_free: bool = False,
    ) -> None:
        super().__init__(formdata=formdata, data={"email": fixed_email or "", "billing_country": country})
        self.types, self.is_free = types, is_free
        self.offer_countries(ships_to, locale)
        if not self.method.data:  # a page with one method, or a suite that knows of cards alone
            self.method.data = CARD if CARD in types else types[0]
        if self.method.data != CARD:
            self.card_number.data = self.card_cvc.data = ""  # typed before another way was chosen
        self.offer_billing_countries(locale)
        self.fixed_email = fixed_email
        if fixed_email:  # the merchant named the customer; what the page sends cannot change it
            self.email.data = fixed_email

    def validate(self, extra_validators: Any = None) -> bool:
        """Check what the chosen method asks for, and nothing that was typed for another one."""
        super().validate(extra_validators)
        asked = {field.name for field in (*self.fields(), *(() if self.is_free else (self.method,)))}
        for field in self:
            if field.name not in asked and field.name != CSRF_FIELD:
                field.errors = ()
        return not any(field.errors for field in self)

    def validate_method(self, field: Field) -> None:
        if field.data not in self.types:
            raise ValidationError(MESSAGES["method_missing"])

    def fields(self) -> list[Field]:
        """Return what the buyer fills in for the chosen method, in the order of the page."""
        asked = () if self.is_free else ASKED.get(self.method.data, ())
        return [self.email, *self.delivery_fields(), *(getattr(self, name) for name in asked)]

    @property
    def expected_minor(self) -> int | None:
        """Return the total that the page has shown, None for a form that does not tell."""
        text = self.expected_amount.data
        return int(text) if re.fullmatch("[0-9]{1,12}", text) else None

    def means(self) -> CardDetails | Chosen | None:
        """Return the card, or the other means, of a form that has been validated; None for a free order."""
        if self.is_free:
            return None
        if self.method.data != CARD:
            given = {"iban": self.iban.data} if self.iban in self.fields() else {}
            return Chosen(self.method.data, given)
        return self.card_of(self.billing_name.data)

    def billing(self) -> Billing:
        """Return who pays, where they live and where the order goes to."""
        if self.is_free:
            return Billing(self.email.data, self.shipping_name.data or None, shipping=self.shipping())
        if self.method.data != CARD:
            name, country = self.account_holder.data or None, self.billing_country.data
            return Billing(
                self.email.data,
                name,
                country if country in dict(self.billing_country.choices) else None,
                shipping=self.shipping(),
            )
        return Billing(
            email=self.email.data,
            name=self.billing_name.data,
            country=self.billing_country.data,
            postal_code=self.billing_postal_code.data or None,
            shipping=self.shipping(),
        )

    @property
    def stranger(self) -> bool:
        """Tell whether the form lacks the token of a page that we gave to this browser."""
        return bool(self.csrf_token.errors)

    def forget_card(self) -> None:
        """Blank the card and every complaint: the sender is in doubt, so nothing of a card is shown."""
        self.forget_number()
        self.iban.data = ""
        for field in self:
            if field.name != CSRF_FIELD:
                field.errors = ()
