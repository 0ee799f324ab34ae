"""The payment form: what the buyer types, checked field by field before a bank is bothered.

Field names on the page are Stripe's own (cardNumber, billingName, ...), so that browser suites
written for Stripe's page fill this one too.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from babel import Locale
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field, StringField, ValidationError
from wtforms.i18n import DummyTranslations

from checkout import addresses
from checkout.billing_fields import BillingFields
from checkout.card_fields import CardFields
from checkout.consents import TICKED, Consents
from checkout.contact_fields import ContactFields, plain_phone
from checkout.csrf import TokenOfPage
from checkout.custom_fields import CustomFields
from checkout.delivery import DeliveryFields
from checkout.i18n import N_, gettext
from checkout.messages import MESSAGES
from checkout.tax_fields import TaxFields
from checkout.words import trimmed
from payments.charging.card_brands import hides_card_number
from payments.charging.cards import CardDetails
from payments.charging.methods import CARD
from payments.charging.methods.sepa_debit import SEPA_DEBIT
from payments.hosted.billing import Billing
from payments.hosted.collected import Answers
from payments.hosted.pay import Chosen
from payments.hosted.saved_cards import Saved

# A session lives a day at most; so does the page's CSRF token.
CSRF_SECONDS = int(timedelta(hours=24).total_seconds())

CSRF_FIELD = "csrf_token"
SAVED_ID = "pm_"

# Fields whose own numbers may pass for a card's by chance; each has checks of its own.
LOOK_LIKE_CARDS = frozenset(("cardNumber", "iban", "phoneNumber", "taxId"))
CARD_NUMBER_IN = {"billingName": "name_number"}

# What each method asks for beside the email address; the rest is asked on a page of its bank's.
ASKED: dict[str, tuple[str, ...]] = {
    CARD: (
        "card_number", "card_expiry", "card_cvc", "billing_name", "billing_country", "billing_postal_code",
    ),
    SEPA_DEBIT.type: ("iban", "account_holder"),
}  # fmt: skip


class PaymentForm(
    ContactFields, DeliveryFields, CardFields, BillingFields, CustomFields, TaxFields, Consents
):  # fmt: skip
    """All that one session asks; the countries, and the one chosen first, follow the locale."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # flask-wtf publishes no types
        """The token outlives an hour at the kitchen table; the words are ours and not wtforms'."""

        csrf_class = TokenOfPage
        csrf_time_limit = CSRF_SECONDS

        def get_translations(self, _form: Any) -> DummyTranslations:
            return DummyTranslations()

    method = StringField(N_("Payment method"), name="paymentMethod", filters=[trimmed])
    typed_here = frozenset(ASKED)  # the methods that have fields of their own on the page
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
        asks: Mapping[str, Any] | None = None,
        saved: Sequence[str] = (),
        known: Mapping[str, Any] | None = None,
    ) -> None:
        """Read what was typed; None shows what is `known`.

        `asks` holds the session's own parameters, `saved` the ids of the cards that may be chosen.
        """
        parcel_country = country if country in ships_to else None  # None leaves the first of the list
        given: dict[str, Any] = {"billing_country": country, "shipping_country": parcel_country}
        given |= {"email": fixed_email or "", **(known or {})}
        super().__init__(formdata=formdata, data=given)
        self.types, self.is_free, self.saved = types, is_free, saved
        asked, fresh = asks or {}, formdata is None
        self.offer_countries(ships_to, locale)
        if not self.method.data:  # a page with one method, or a suite that knows of cards alone
            self.method.data = saved[0] if saved and fresh else CARD if CARD in types else types[0]
        if self.method.data != CARD:
            self.card_number.data = self.card_cvc.data = ""  # typed before another way was chosen
        self.offer_billing_countries(locale)
        self.fixed_email = fixed_email
        if fixed_email:  # the merchant named the customer; what the page sends cannot change it
            self.email.data = fixed_email
        self.ask_contact(asked)
        self.ask_billing(asked)
        self.ask_custom(asked, fresh=fresh)
        self.ask_tax_id(asked, locale, given["billing_country"], fresh=fresh)
        self.ask_consents(asked)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check what the chosen method asks for, and nothing that was typed for another one."""
        super().validate(extra_validators)
        asked = {field.name for field in (*self.fields(), *(() if self.is_free else (self.method,)))}
        for field in self:
            if field.name not in asked and field.name != CSRF_FIELD:
                field.errors = ()
        self._refuse_misplaced_card_numbers()
        return not any(field.errors for field in self)

    def _refuse_misplaced_card_numbers(self) -> None:
        """Refuse a card number in any field but its own: what is typed there is shown to the shop."""
        for field in self.fields():
            if field.name not in LOOK_LIKE_CARDS and hides_card_number(str(field.data or "")):
                field.errors = (MESSAGES[CARD_NUMBER_IN.get(field.name, "card_number_here")],)

    def choose(self, method_type: str | None) -> bool:
        """Change over to another way to pay, and keep all that was typed; tell whether the page has it."""
        if method_type not in self.types:
            return False
        self.method.data = method_type
        return True

    def leave_what_is_gone(self) -> None:
        """Choose what the page offers first, where a saved card was chosen that has just been removed."""
        if self.method.data not in (*self.types, *self.saved):
            self.method.data = next(iter((*self.saved, *(CARD,) * (CARD in self.types), *self.types)))

    def validate_method(self, field: Field) -> None:
        if field.data not in (*self.types, *self.saved):
            gone = field.data.startswith(SAVED_ID)
            raise ValidationError(MESSAGES["saved_gone" if gone else "method_missing"])

    def fields(self) -> list[Field]:
        """Return what the buyer fills in for the chosen method, each once, in the order of the page."""
        names = () if self.is_free else ASKED.get(self.method.data, ())
        return self.asked_beside([getattr(self, name) for name in names])

    def asked_beside(self, means: Sequence[Field] = ()) -> list[Field]:
        """Return what is asked whatever pays, with the fields of the means in their place."""
        business = [self.business_name] if self.asks_tax_id else []
        behind = [*self.address_fields(), *business, *self.tax_fields()]
        before = [self.email, *self.delivery_fields(), *self.contact_fields(), *means]
        return [
            *(field for field in before if field not in behind),
            *behind,
            *(answer for _, answer in self.custom_fields()),
            *self.consent_fields(),
        ]

    def full_name(self, field: Field) -> str:
        """Return a field's name for the list of mistakes: where two addresses are asked, with whose it is."""
        label = str(field.label.text)
        if not self.ships_to:
            return label
        if field in self.delivery_fields():
            return gettext("%(field)s (%(part)s)", field=label, part=gettext("Delivery address"))
        if field.name.startswith("billing") and field is not self.billing_name:
            return gettext("%(field)s (%(part)s)", field=label, part=gettext("Billing address"))
        return label

    def address_rules(self) -> Markup:
        """Return what the page's script checks addresses by, for the countries that may be chosen."""
        whole = addresses.PARTS.keys() if self.asks_full_address else ()
        return addresses.as_attribute(frozenset((*self.ships_to, *whole)))

    def tax_country(self) -> str:
        """Return the country that the bill goes to."""
        return self.billing_country.data or ""

    def needs_business(self) -> bool:
        """Tell whether the name of a business has to be given: with its tax ID, or where it is asked."""
        return self.must_name_business or bool(self.asks_tax_id and self.tax_id.data)

    @property
    def expected_minor(self) -> int | None:
        """Return the total that the page has shown, None for a form that does not tell."""
        text = self.expected_amount.data
        return int(text) if re.fullmatch("[0-9]{1,12}", text) else None

    def means(self) -> CardDetails | Chosen | Saved | None:
        """Return the card, or the other means, of a form that has been validated; None for a free order."""
        if self.is_free:
            return None
        if self.method.data in self.saved:
            return Saved(self.method.data)
        if self.method.data != CARD:
            given = {"iban": self.iban.data} if self.iban in self.fields() else {}
            return Chosen(self.method.data, given)
        return self.card_of(self.billing_name.data)

    def billing(self) -> Billing:
        """Return who pays, where they live, where the order goes to, and what else was asked."""
        return Billing(
            email=self.email.data,
            name=self.payer(),
            **self.address_as_asked(),
            shipping=self.shipping(),
            answers=self.answers(),
        )

    def answers(self) -> Answers:
        """Return what else was asked."""
        return Answers(
            custom_fields=self.custom_answers(),
            consent=self.consent_answer(),
            phone=plain_phone(self.phone.data) if self.asks_phone else None,
            individual_name=self._asked(self.individual_name),
            business_name=self._asked(self.business_name),
            tax_id=self.tax_answer(),
            save_card=self.offers_saving and self.method.data == CARD and self.save_card.data == TICKED,
        )

    def _asked(self, field: Field) -> str | None:
        return field.data or None if field in self.fields() else None

    def payer(self) -> str | None:
        """Return the name that goes with the means of payment, else any other that was given."""
        own = {CARD: self.billing_name, SEPA_DEBIT.type: self.account_holder}.get(self.method.data)
        places = (self.individual_name, self.shipping_name) if self.is_free else (own, self.individual_name)
        names = (self._asked(field) for field in places if field is not None)
        return next((name for name in names if name), None)

    def address_as_asked(self) -> dict[str, str | None]:
        """Return the billing address as far as it was asked; of other means than a card the country alone."""
        country = self.billing_country.data
        known = country if country in dict(self.billing_country.choices) else None
        is_card = self.method.data == CARD and not self.is_free
        if is_card or self.asks_full_address:
            return {
                "country": known,
                "postal_code": self.billing_postal_code.data or None,
            } | self.address_lines()
        return {} if self.is_free or self.method.data in self.saved else {"country": known}

    @property
    def stranger(self) -> bool:
        """Tell whether the form lacks the token of a page that we gave to this browser."""
        return bool(self.csrf_token.errors)

    def forget_card(self) -> None:
        """Blank the card and every complaint: the sender is in doubt, so nothing of a card is shown."""
        self.forget_number()
        self.iban.data = ""
        self.forget_complaints()

    def forget_complaints(self) -> None:
        """Say nothing about what was typed."""
        for field in self:
            if field.name != CSRF_FIELD:
                field.errors = ()
