"""A payment link: a short address of an offer; whoever opens it gets a Checkout Session of their own."""

from typing import Any, ClassVar

import stripe
from sqlalchemy import Index, func, select
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import db
from kit.ids import random_text
from payments import audit, events, lifecycle
from payments.errors import InvalidRequest
from payments.hosted import addresses
from payments.hosted.checkout_sessions import CheckoutSession, Status
from payments.hosted.collected import (
    consents_asked,
    shown_fields,
    shown_names,
    shown_tax_id,
    shown_texts,
    without_answer,
)
from payments.hosted.collection_rules import QUESTIONS, check_questions
from payments.hosted.link_lines import (
    MAXIMUM_LINES,
    check_chosen,
    check_offers,
    line_of,
    present_amount,
    quantity_of,
    shown_choice,
    shown_deliveries,
)
from payments.hosted.opening_rules import currency_of
from payments.hosted.quantities import choice_of, shown_optional
from payments.hosted.ways_back import check_url
from payments.resource import Resource, WithMetadata, merged_metadata
from payments.shapes import shaped

MOST_COMPLETED = 1_000_000_000
CODE_LENGTH = 16
# Given by the merchant, kept as they are and given back; what an update names with an empty value is unset.
PLAIN = (
    *QUESTIONS, "allow_promotion_codes", "customer_creation", "inactive_message", "optional_items",
    "payment_intent_data", "shipping_options", "submit_type",
)  # fmt: skip
DEFAULTS: dict[str, Any] = {
    "allow_promotion_codes": False, "billing_address_collection": "auto", "customer_creation": "if_required",
    "submit_type": "auto",
}  # fmt: skip
Link = stripe.PaymentLink
CONFIRMATION = "hosted_confirmation"


class PaymentLink(Resource, WithMetadata):
    """An offer that many customers may take, as long as it is active and within its limit."""

    __tablename__ = "payment_links"
    prefix = "plink_"
    object_name = "payment_link"
    stripe_class = stripe.PaymentLink
    includes: ClassVar[dict[str, str]] = {"line_items": "line_items_list"}

    code: Mapped[str]  # what its address ends in
    active: Mapped[bool] = mapped_column(default=True)
    currency: Mapped[str]
    lines: Mapped[list[Any]]
    after_completion: Mapped[dict[str, Any]]
    most_completed: Mapped[int | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """A link is found by its address."""
        return (Index("uq_payment_links_code", "code", unique=True),)

    @classmethod
    def create(cls, params: dict[str, Any]) -> "PaymentLink":
        """Collect a new link; raises InvalidRequest naming the parameter."""
        given = params.get("line_items") or []
        if not 1 <= len(given) <= MAXIMUM_LINES:
            message = f"You must provide from 1 to {MAXIMUM_LINES} line items."
            raise InvalidRequest(message, code="parameter_missing", param="line_items")
        wanted = currency_of(params)
        lines = [line_of(line, f"line_items[{number}]", wanted) for number, line in enumerate(given)]
        for number, line in enumerate(lines):
            if line["currency"] != lines[0]["currency"]:
                raise InvalidRequest(
                    "All line items of a Payment Link must have the same currency.",
                    param=f"line_items[{number}]",
                )
        check_chosen(lines, params)
        check_questions(params)
        shown_deliveries(params.get("shipping_options"), lines[0]["currency"])
        check_offers(params.get("optional_items"), len(lines), lines[0]["currency"])
        link = cls.new(
            code=random_text(CODE_LENGTH),
            active=True,
            currency=lines[0]["currency"],
            lines=lines,
            after_completion=_after_completion(params.get("after_completion")),
            most_completed=_limit(params.get("restrictions")),
            details={name: params[name] for name in PLAIN if params.get(name) not in (None, "")},
            metadata_=merged_metadata({}, params.get("metadata") or {}),
        )
        lifecycle.begin(link, "payment_link.created")
        return link

    @classmethod
    def of_code(cls, code: str) -> "PaymentLink | None":
        """Return the link of an address, None for a made-up one; whose it is, the row says."""
        return db.session.scalar(select(cls).where(cls.code == code))

    def update(self, params: dict[str, Any]) -> None:
        """Change the link; sessions that are open already stay as they are."""
        before = self.as_stripe()
        self.active = params.get("active", self.active)
        if "after_completion" in params:
            self.after_completion = _after_completion(params["after_completion"])
        if "restrictions" in params:
            self.most_completed = _limit(params["restrictions"])
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        if "line_items" in params:
            self.lines = self._changed_lines(params["line_items"])
        check_chosen(self.lines, params)
        given = {name: params[name] for name in PLAIN if name in params}
        if given.get("custom_text"):
            texts = (self.details.get("custom_text") or {}) | given["custom_text"]
            given["custom_text"] = {place: text for place, text in texts.items() if text}
        if given:
            kept = {name: value for name, value in (self.details | given).items() if value != ""}
            check_questions(kept)
            shown_deliveries(kept.get("shipping_options"), self.currency)
            check_offers(kept.get("optional_items"), len(self.lines), self.currency)
            self.details = kept
        audit.record("payment_link.updated", self.id, fields=sorted(params))
        events.record_update(self, before)

    def _changed_lines(self, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the lines with the quantities given for some."""
        lines = {line["id"]: dict(line) for line in self.lines}
        for number, change in enumerate(given):
            line = lines.get(change["id"])
            if line is None:
                raise InvalidRequest(
                    f"No such line item: '{change['id']}'",
                    code="resource_missing",
                    param=f"line_items[{number}][id]",
                )
            if "quantity" in change:
                line["quantity"] = quantity_of(change["quantity"], f"line_items[{number}]")
            if "adjustable_quantity" in change:
                line["adjustable_quantity"] = change["adjustable_quantity"]
            choice_of(line, line["quantity"], f"line_items[{number}]")
        return list(lines.values())

    @property
    def recurs(self) -> bool:
        """Tell whether the link offers a subscription."""
        return any(line["price"]["recurring"] for line in self.lines)

    @property
    def confirms_here(self) -> bool:
        """Tell whether the customer stays on Florin's page after the payment."""
        return bool(self.after_completion["type"] == CONFIRMATION)

    @property
    def message(self) -> str | None:
        """Return the merchant's own words to a customer who stays on Florin's page."""
        words: str | None = self.after_completion.get(CONFIRMATION, {}).get("custom_message")
        return words

    def completed(self) -> int:
        """Return how many of the link's sessions were completed."""
        row = CheckoutSession
        query = select(func.count()).where(row.payment_link_id == self.id, row.status == Status.COMPLETE)
        return int(db.session.scalar(query) or 0)

    @property
    def is_full(self) -> bool:
        """Tell whether as many of its sessions are completed as may be."""
        return self.most_completed is not None and self.completed() >= self.most_completed

    @property
    def is_open(self) -> bool:
        """Tell whether the link may be opened: active, and below its limit."""
        return self.active and not self.is_full

    def line_items_list(self) -> dict[str, Any]:
        """Return the first ten lines as a list object."""
        data = self.items()
        return {
            "object": "list",
            "data": data[:10],
            "has_more": len(data) > 10,
            "url": f"/v1/payment_links/{self.id}/line_items",
        }

    def items(self) -> list[dict[str, Any]]:
        """Return the lines as they go over the wire, in the order in which they were given."""
        return [
            shaped(
                stripe.LineItem,
                id=line["id"],
                object="item",
                adjustable_quantity=shown_choice(line),
                amount_discount=0,
                amount_subtotal=present_amount(line),
                amount_tax=0,
                amount_total=present_amount(line),
                currency=line["currency"],
                description=line["name"],
                metadata={},
                price=line["price"],
                quantity=line["quantity"],
            )
            for line in self.lines
        ]

    def as_stripe(self) -> dict[str, Any]:
        """Return the link."""
        limit = self.most_completed
        restrictions = limit and {"completed_sessions": {"count": self.completed(), "limit": limit}}
        details = DEFAULTS | self.details
        if details.get("payment_intent_data"):
            asked = details["payment_intent_data"]
            details["payment_intent_data"] = shaped(
                stripe.PaymentLink.PaymentIntentData, **({"metadata": {}} | asked)
            )
        details |= {
            "consent_collection": consents_asked(Link.ConsentCollection, details.get("consent_collection")),
            "custom_fields": [
                without_answer(shown) for shown in shown_fields(details.get("custom_fields"), {})
            ],
            "custom_text": shown_texts(Link.CustomText, details.get("custom_text")),
            "name_collection": shown_names(details.get("name_collection")),
            "optional_items": shown_optional(details.get("optional_items")),
            "phone_number_collection": details.get("phone_number_collection") or {"enabled": False},
            "shipping_options": shown_deliveries(details.get("shipping_options"), self.currency),
            "tax_id_collection": shown_tax_id(details.get("tax_id_collection"))
            or {"enabled": False, "required": "never"},
        }
        return self.shape(
            **details,
            active=self.active,
            after_completion=self.after_completion,
            automatic_tax={"enabled": False, "liability": None},
            currency=self.currency,
            metadata=self.metadata_,
            payment_method_collection="always" if self.recurs else "if_required",
            restrictions=restrictions,
            url=addresses.link_page(self.code),
        )


def _after_completion(given: dict[str, Any] | None) -> dict[str, Any]:
    if not given or given["type"] == CONFIRMATION:
        message = ((given or {}).get(CONFIRMATION) or {}).get("custom_message")
        return {"type": CONFIRMATION, CONFIRMATION: {"custom_message": message or None}}
    url = (given.get("redirect") or {}).get("url")
    if not url:
        param = "after_completion[redirect][url]"
        raise InvalidRequest(f"Missing required param: {param}.", code="parameter_missing", param=param)
    check_url(url, "after_completion[redirect][url]")
    return {"type": "redirect", "redirect": {"url": url}}


def _limit(given: dict[str, Any] | str | None) -> int | None:
    if not given or isinstance(given, str):
        return None
    limit = int(given["completed_sessions"]["limit"])
    if not 1 <= limit <= MOST_COMPLETED:
        raise InvalidRequest(
            f"This value must be between 1 and {MOST_COMPLETED}.",
            code="parameter_invalid_integer",
            param="restrictions[completed_sessions][limit]",
        )
    return limit
