"""What a merchant types: sign in, refund, roll a key, add an endpoint. The edge checks the CSRF token."""

import re
from decimal import Decimal
from typing import Any

import stripe
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, Optional, Regexp

from dashboard.presentation import money as in_words
from kit import money, params
from kit.ids import new_id
from kit.params import ParamError
from payments.charging.charges import Charge
from payments.errors import InvalidRequest
from payments.merchants import LONGEST_NAME, ApiKey, KeyKind
from webhooks.webhook_endpoints import MAXIMUM_OVERLAP_SECONDS

REASONS = {
    "": "No reason given",
    "requested_by_customer": "Requested by customer",
    "duplicate": "Duplicate",
    "fraudulent": "Fraudulent",
}
KINDS = {
    "secret": "Secret, for your server",
    "publishable": "Publishable, for your pages",
}
GRACES = {
    "0": "at once",
    "3600": "in 1 hour",
    "86400": "in 24 hours",
    "259200": "in 3 days",
    "604800": "in 7 days",
}
OVERLAPS = {seconds: words for seconds, words in GRACES.items() if int(seconds) <= MAXIMUM_OVERLAP_SECONDS}
CHANGED = "This has changed since you opened the page. Nothing was done; look at it again first."
ENDPOINT = params.build(
    stripe.params.WebhookEndpointCreateParams, only={"url", "enabled_events", "description"}
)
NO_CONTROL_CHARACTERS = Regexp(r"[^\x00-\x1f\x7f]*\Z")


def _choices(words: dict[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in words.items()]


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """What all forms of the dashboard have in common."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # flask-wtf publishes no types
        """No token of its own."""

        csrf = False  # the edge checks the token, of this and every other form

    def require_valid(self) -> None:
        """Raise InvalidRequest with the first problem."""
        if not self.validate():
            field, problems = next(iter(self.errors.items()))
            raise InvalidRequest(f"{self[field].label.text}: {problems[0]}", param=field)


class LoginForm(Form):
    """E-mail and password; both are short."""

    email = StringField("Email", [Length(min=1, max=254), NO_CONTROL_CHARACTERS])
    password = PasswordField("Password", [Length(min=1, max=1024)])


class ReceiptsForm(Form):
    """What customers are sent without a payment asking for it."""

    payments = BooleanField("Receipts of successful payments")
    refunds = BooleanField("Receipts of refunds")


class RefundForm(Form):
    """An amount in major units, or nothing for all that is left; `version` is the charge's as shown."""

    amount = StringField("Amount", [Length(max=20)])
    reason = SelectField("Reason", choices=_choices(REASONS))
    version = HiddenField()

    def given(self, charge: Charge) -> dict[str, Any]:
        """Return the refund's parameters; raises InvalidRequest, also for a form sent twice."""
        self.require_valid()
        if self.version.data != str(charge.version):
            raise InvalidRequest(CHANGED, code="page_outdated")
        found: dict[str, Any] = {"reason": self.reason.data} if self.reason.data else {}
        if (self.amount.data or "").strip():
            found["amount"] = to_minor(self.amount.data, charge.currency)
            if found["amount"] > charge.refundable:  # the verb's own rule, in the words of this page
                most = in_words(charge.refundable, charge.currency)
                message = f"At most {most} of this payment can be refunded."
                raise InvalidRequest(message, code="amount_too_large", param="amount")
        return found


class KeyForm(Form):
    """What a new key is for; `key_id` is the id that it will have, so that a form sent twice makes one."""

    name = StringField("Name", [Optional(), Length(max=LONGEST_NAME), NO_CONTROL_CHARACTERS])
    kind = SelectField("Kind", choices=_choices(KINDS), default="secret")
    key_id = HiddenField("Form", [Regexp(r"key_[0-9A-Za-z]{31}\Z")], default=lambda: new_id("key_"))

    def create(self) -> tuple[ApiKey, str]:
        """Collect the key; return it with its plain text. Raises InvalidRequest."""
        self.require_valid()
        name = (self.name.data or "").strip() or None
        return ApiKey.create(KeyKind(self.kind.data), key_id=self.key_id.data, name=name)


class RollForm(Form):
    """How long the old key goes on working; `version` is the key's, as it was shown."""

    grace = SelectField("The old key ends", choices=_choices(GRACES), default="86400")
    version = HiddenField()

    def seconds(self, version: int) -> int:
        """Return the grace period; raises InvalidRequest, also for a form sent twice."""
        self.require_valid()
        if self.version.data != str(version):
            raise InvalidRequest(CHANGED, code="page_outdated")
        return int(self.grace.data)


class RollSecretForm(RollForm):
    """How long the old signing secret signs beside the new one; `version` is the endpoint's, as shown."""

    grace = SelectField("The old secret ends", choices=_choices(OVERLAPS), default="86400")


class EndpointForm(Form):
    """An address, and the event types that it wants, one a line."""

    url = StringField("Endpoint URL", [Length(min=1, max=2048), NO_CONTROL_CHARACTERS])
    events = TextAreaField("Events", [Length(max=8192)], default="*")
    description = StringField("Description", [Optional(), Length(max=500), NO_CONTROL_CHARACTERS])

    def given(self) -> dict[str, Any]:
        """Return the endpoint's parameters, checked as the API checks them; raises InvalidRequest."""
        self.require_valid()
        raw: dict[str, Any] = {
            "url": self.url.data.strip(),
            "enabled_events": re.findall(r"[^\s,]+", self.events.data or ""),
        }
        if self.description.data:
            raw["description"] = self.description.data.strip()
        try:
            return ENDPOINT.parse(raw)
        except ParamError as problem:
            raise InvalidRequest(problem.message, code=problem.code, param=problem.param) from problem


def to_minor(text: str, currency: str) -> int:
    """Return an amount as it was typed, in minor units: '12.50' usd -> 1250; raises InvalidRequest."""
    decimals = money.CURRENCIES[currency].decimals
    fraction = rf"(?:\.[0-9]{{1,{decimals}}})?" if decimals else ""
    plain = text.strip()  # no commas: '1,50' is one and a half to some and a typing error to others
    if not re.fullmatch(rf"[0-9]{{1,8}}{fraction}", plain) or not Decimal(plain):
        example = money.to_decimal(1250, currency)
        raise InvalidRequest(f"Type the amount in figures, for example {example}.", param="amount")
    return int(Decimal(plain).scaleb(decimals))
