"""A checkout session: one visit of one customer to the hosted page, to pay for its line items."""

from enum import StrEnum
from typing import Any, ClassVar, Self

import stripe
from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from kit import clock
from kit.ids import new_id
from kit.states import StateMachine
from payments import audit, branding, events, lifecycle
from payments.charging.methods import CARD
from payments.charging.methods.offering import offered, terms_of
from payments.hosted import addresses, adjustments, chosen_amounts
from payments.hosted import opening_rules as rules
from payments.hosted.adjusted import WithAdjustments
from payments.hosted.collected import WithCollected
from payments.hosted.collection_rules import QUESTIONS
from payments.hosted.keep_customer import update_customer
from payments.hosted.line_items import MAXIMUM_LINES, LineItem
from payments.hosted.quantities import check_optional
from payments.hosted.ways_back import WithWayBack, embedding_of, onward_of, redirects_of
from payments.resource import Resource, WithMetadata, merged_metadata

RECOVERY_SECONDS = 30 * 24 * 3600
# Given by the merchant, kept as they are and given back.
ECHOED = (
    *QUESTIONS, "allow_promotion_codes", "branding_settings", "client_reference_id", "customer_creation",
    "customer_email", "customer_update", "locale", "optional_items",
    "saved_payment_method_options", "submit_type",
)  # fmt: skip
EXTENDED = "extended"  # the customer has asked for more time
PREFILLED_EMAIL = "prefilled_email"  # stands on the page, to be changed at will
HIDDEN = frozenset(("customer_update", EXTENDED, PREFILLED_EMAIL))  # of these, what the session does not show


class Status(StrEnum):
    """Whether the session may still be paid."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class PaymentStatus(StrEnum):
    """Whether its money has been taken."""

    UNPAID = "unpaid"
    PAID = "paid"
    NO_PAYMENT_REQUIRED = "no_payment_required"


class CheckoutSession(Resource, WithMetadata, WithAdjustments, WithCollected, WithWayBack):
    """An order with its page, its time to live and, once the customer pays, its payment intent."""

    __tablename__ = "checkout_sessions"
    prefix = "cs_"
    object_name = "checkout.session"
    stripe_class = stripe.checkout.Session
    path_param = "session"
    expandable = frozenset(
        (
            "customer", "discounts.coupon", "discounts.promotion_code", "payment_intent", "payment_link",
            "setup_intent", "shipping_cost.shipping_rate", "shipping_options.shipping_rate",
        )
    )  # fmt: skip
    includes: ClassVar[dict[str, str]] = {
        "line_items": "line_items_list",
        "total_details.breakdown": "breakdown",
    }

    transitions: ClassVar[StateMachine] = StateMachine(
        {
            (Status.OPEN, Status.COMPLETE): "checkout.session.completed",
            (Status.OPEN, Status.EXPIRED): "checkout.session.expired",
        }
    )

    status: Mapped[str]
    payment_status: Mapped[str]
    mode: Mapped[str]
    currency: Mapped[str]
    amount_subtotal: Mapped[int]
    amount_total: Mapped[int]
    expires_at: Mapped[int]
    success_url: Mapped[str]
    cancel_url: Mapped[str | None]
    customer_id: Mapped[str | None]
    payment_intent_id: Mapped[str | None]
    setup_intent_id: Mapped[str | None]
    payment_link_id: Mapped[str | None]
    link_slot: Mapped[int | None]  # its place among those that may complete through its payment link
    recovered_from: Mapped[str | None]
    customer_details: Mapped[dict[str, Any] | None]
    collected: Mapped[dict[str, Any] | None]
    after_expiration: Mapped[dict[str, Any] | None]
    payment_method_types: Mapped[list[Any] | None]  # what its page offers; None is a card alone
    intent_data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """The sweep finds what is due; lists may be narrowed by intent and customer."""
        succeeds = text("recovered_from IS NOT NULL")
        recovered = ("ix_checkout_sessions_recovered", "recovered_from", "id")
        return (
            Index(*recovered, postgresql_where=succeeds, sqlite_where=succeeds),
            Index("ix_checkout_sessions_due", "status", "expires_at"),
            Index("ix_checkout_sessions_payment_intent", "payment_intent_id"),
            Index("ix_checkout_sessions_customer", "customer_id", "id"),
            Index("ix_checkout_sessions_payment_link", "payment_link_id", "id"),
            Index("ix_checkout_sessions_unnumbered", "payment_link_id", "status", "link_slot"),
            Index("uq_checkout_sessions_link_slot", "payment_link_id", "link_slot", unique=True),
        )

    @classmethod
    def open(cls, params: dict[str, Any], *, livemode: bool, recovered_from: str | None = None) -> Self:
        """Collect a new session with its line items; raises InvalidRequest naming the parameter."""
        rules.check_words(params)
        session_id = new_id("cs_live_" if livemode else "cs_test_")
        given, optional = params.get("line_items") or [], params.get("optional_items") or []
        again = bool(recovered_from)
        lines = LineItem.collect(session_id, given, currency=rules.currency_of(params), again=again)
        chosen_amounts.check_order(params, [place for place, line in enumerate(lines) if line.custom_amount])
        check_optional(optional, len(lines), MAXIMUM_LINES)
        currency, adjusted = lines[0].currency, None
        LineItem.collect_optional(session_id, optional, currency, again=again)
        subtotal = total = sum(line.amount for line in lines)
        if adjustments.asked(params, lines):
            made = adjustments.opening(params, lines, session_id, again=again)
            adjusted, total = adjustments.rework(lines, made)
        rules.check_total(total, currency, may_be_free=adjusted is not None)
        intent_data = params.get("payment_intent_data") or {}
        if options := params.get("payment_method_options"):
            intent_data = intent_data | {"payment_method_options": options}
        return cls.new(
            id=session_id,
            status=Status.OPEN.value,
            payment_status=PaymentStatus.UNPAID.value,
            mode=params["mode"],
            currency=currency,
            payment_method_types=offered(
                params.get("allowed_payment_method_types"),
                total or subtotal,
                currency,
                **(terms_of(intent_data) | redirects_of(params)),
            ),
            amount_subtotal=subtotal,
            amount_total=total,
            adjustments=adjusted,
            expires_at=rules.expiry_of(params),
            success_url=onward_of(params),
            cancel_url=params.get("cancel_url") or None,
            customer_id=rules.customer_of(params),
            recovered_from=recovered_from,
            customer_details=None,
            collected=None,
            after_expiration=rules.recovery_of(params),
            intent_data=intent_data,
            details={name: params[name] for name in ECHOED if params.get(name) is not None}
            | embedding_of(session_id, params),
            metadata_=merged_metadata({}, params.get("metadata") or {}),
        )

    def update(self, params: dict[str, Any]) -> None:
        """Change the metadata."""
        if "metadata" in params:
            self.metadata_ = merged_metadata(self.metadata_, params["metadata"])
        audit.record("checkout.session.updated", self.id, fields=sorted(params))

    @property
    def is_payable(self) -> bool:
        """Tell whether the customer may still pay: open, and in time."""
        return self.status == Status.OPEN and self.expires_at > clock.now()

    def paid_for(self, status: PaymentStatus) -> None:
        """End the session well: paid, or unpaid where the money comes later; then, that it has come."""
        if self.status != Status.COMPLETE:
            if discount := self.discount:
                discount.redeem()
            self.payment_status = status.value
            self._tell_customer()
            lifecycle.move(self, Status.COMPLETE)
        elif status is PaymentStatus.PAID:
            self.payment_status = status.value
            self._tell("async_payment_succeeded")

    def set_up(self) -> None:
        """End the session well: its card is kept."""
        if self.status == Status.OPEN:
            self._tell_customer()
            lifecycle.move(self, Status.COMPLETE)

    def _tell_customer(self) -> None:
        update_customer(self, (self.adjustments or {}).get("shipping_details"))

    def payment_failed(self) -> None:
        """Tell that the money of a session which has ended unpaid does not come; an open one stays open.

        Its discount and its place are then free for somebody else, until it is paid again.
        """
        if self.status == Status.COMPLETE:
            self._tell("async_payment_failed")
            return
        self._leave_place()
        if discount := self.discount:
            discount.give_back()

    def _leave_place(self) -> None:
        if self.link_slot is not None:
            self.link_slot = None

    def _tell(self, word: str) -> None:
        audit.record(f"{self.object_name}.{word}", self.id)
        events.record(f"{self.object_name}.{word}", self)

    def expire(self) -> None:
        """End the session unpaid; where recovery was asked for, its address is made now."""
        recovery = (self.after_expiration or {}).get("recovery")
        if recovery:
            made = {
                "expires_at": clock.now() + RECOVERY_SECONDS,
                "url": addresses.recovery_page(self.page_key),
            }
            self.after_expiration = {"recovery": recovery | made}
        self._leave_place()
        if discount := self.discount:
            discount.drop()
        lifecycle.move(self, Status.EXPIRED)

    @property
    def keeps_card(self) -> bool:
        """Tell whether the session keeps a card and takes no money."""
        return self.mode == rules.SETUP

    @property
    def types(self) -> list[str]:
        """Return the types of payment methods that the page offers, the first one chosen."""
        return self.payment_method_types or [CARD]

    def line_items(self) -> list[LineItem]:
        """Return what the session sells; not what its customer has left out."""
        return [line for line in LineItem.of_session(self.id) if line.quantity]

    def line_items_list(self) -> dict[str, Any]:
        """Return the first ten line items as a list object."""
        items = self.line_items()
        return {
            "object": "list",
            "data": [item.as_stripe() for item in items[:10]],
            "has_more": len(items) > 10,
            "url": f"/v1/checkout/sessions/{self.id}/line_items",
        }

    def as_stripe(self) -> dict[str, Any]:
        """Return the session; its address only while it can be paid."""
        return self.shape(
            **self.way_back_wire()
            | {name: value for name, value in self.details.items() if name not in HIDDEN}
            | self._branding()
            | self.collected_wire(),
            status=self.status,
            payment_status=self.payment_status,
            mode=self.mode,
            after_expiration=self.after_expiration,
            amount_subtotal=None if self.keeps_card else self.amount_subtotal,
            amount_total=None if self.keeps_card else self.amount_total,
            automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
            currency=self.currency or None,
            customer=self.customer_id,
            customer_details=self.customer_wire(),
            expires_at=self.expires_at,
            metadata=self.metadata_,
            payment_intent=self.payment_intent_id,
            payment_method_collection="if_required",
            payment_method_options=self.intent_data.get("payment_method_options") or {},
            payment_method_types=self.types,
            payment_link=self.payment_link_id,
            recovered_from=self.recovered_from,
            setup_intent=self.setup_intent_id,
            **({"shipping_options": [], "total_details": None} if self.keeps_card else self.adjusted_wire()),
        )

    def _branding(self) -> dict[str, Any]:
        return {
            "branding_settings": branding.as_stripe(self.account_id, self.details.get("branding_settings"))
        }

    @property
    def look(self) -> branding.Look:
        """Return how the session's page looks."""
        return branding.look_of(self.account_id, self.details.get("branding_settings"))
