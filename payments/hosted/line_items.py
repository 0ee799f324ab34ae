"""What a session sells: a price and a quantity, with the sums worked out when the session is opened."""

from dataclasses import asdict
from typing import Any, ClassVar

import stripe
from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from kit.database import Id, db, load_where
from payments.catalog.currency_options import Cost
from payments.catalog.custom_amounts import Custom
from payments.catalog.discounts import IN_USE, Discount
from payments.catalog.prices import Price
from payments.catalog.products import Product
from payments.catalog.tax_rates import TaxRate
from payments.catalog.tiers import billed_units
from payments.errors import InvalidRequest
from payments.hosted import chosen_amounts
from payments.hosted.quantities import MAXIMUM_QUANTITY, Choice, choice_of
from payments.hosted.totals import Sum
from payments.resource import Resource
from payments.scope import caller
from payments.shapes import shaped

MAXIMUM_LINES = 100
AMOUNT_REFUSED = "This amount can't be chosen."


class LineItem(Resource):
    """One line of a session; its name and price are snapshots, so that later edits change no open page."""

    __tablename__ = "checkout_line_items"
    prefix = "li_"
    object_name = "item"
    stripe_class = stripe.LineItem
    expandable = frozenset(("price.product",))
    includes: ClassVar[dict[str, str]] = {"discounts": "discounts", "taxes": "taxes"}

    session_id: Mapped[Id]
    price_id: Mapped[Id]
    product_id: Mapped[str]
    quantity: Mapped[int]
    unit_amount: Mapped[int]
    amount: Mapped[int]
    currency: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    images: Mapped[list[Any]]
    price: Mapped[dict[str, Any]]
    metadata_: Mapped[dict[str, Any]]
    adjustable: Mapped[dict[str, Any] | None]  # how many the customer may choose (`Choice`)
    custom_amount: Mapped[dict[str, Any] | None]  # what its customer may pay for it (`Custom`)
    adjustments: Mapped[dict[str, Any] | None]  # its tax rates, and its share of discount and taxes

    @classmethod
    def table_extras(cls) -> tuple[Any, ...]:
        """Lines are read by session."""
        return (Index("ix_checkout_line_items_session", "session_id", "id"),)

    @classmethod
    def collect(
        cls,
        session_id: str,
        given: list[dict[str, Any]],
        *,
        currency: str | None = None,
        again: bool = False,
    ) -> list["LineItem"]:
        """Collect the lines of a new session; raises InvalidRequest naming the line.

        `currency` is what all prices are to be in; None takes each price's own. `again`: as they were
        offered before, with tax rates that may be archived by now.
        """
        if not 1 <= len(given) <= MAXIMUM_LINES:
            message = f"You must provide from 1 to {MAXIMUM_LINES} line items."
            raise InvalidRequest(message, code="parameter_missing", param="line_items")
        lines = [
            cls._of(session_id, line, f"line_items[{number}]", currency, again=again)
            for number, line in enumerate(given)
        ]
        _check_currencies(lines)
        return lines

    @classmethod
    def collect_optional(
        cls, session_id: str, given: list[dict[str, Any]], currency: str, *, again: bool = False
    ) -> list["LineItem"]:
        """Collect the lines that the customer may add: there, but of no pieces yet."""
        lines = [
            cls._of(session_id, item, f"optional_items[{number}]", currency, again=again, optional=True)
            for number, item in enumerate(given)
        ]
        for line in lines:
            line.quantity = line.amount = 0
        return lines

    @classmethod
    def _of(
        cls,
        session_id: str,
        given: dict[str, Any],
        param: str,
        currency: str | None,
        *,
        again: bool,
        optional: bool = False,
    ) -> "LineItem":
        price, product = _price_and_product(given, param, again=again, optional=optional)
        quantity = given.get("quantity")
        if quantity is None:
            message = f"Missing required param: {param}[quantity]."
            raise InvalidRequest(message, code="parameter_missing", param=f"{param}[quantity]")
        if not 1 <= quantity <= MAXIMUM_QUANTITY:
            raise InvalidRequest(
                f"This value must be between 1 and {MAXIMUM_QUANTITY}.",
                code="parameter_invalid_integer",
                param=f"{param}[quantity]",
            )
        choice = choice_of(given, quantity, param, optional=optional)
        cost = price.offered_in(currency, param=param)
        if cost.custom is not None:
            if optional:
                raise chosen_amounts.not_on_offer(param)
            chosen_amounts.check_line(given, quantity, param)
        unit_amount = _whole_unit_amount(cost, param)
        return cls.new(
            session_id=session_id,
            price_id=price.id,
            product_id=price.product,
            quantity=quantity,
            unit_amount=unit_amount,
            amount=unit_amount * billed_units(price.transform_quantity, quantity),
            currency=cost.currency,
            name=product.name,
            description=product.details.get("description"),
            images=product.details.get("images") or [],
            price=price.as_stripe(),
            metadata_=given.get("metadata") or {},
            adjustable=choice.kept() if choice else None,
            custom_amount=asdict(cost.custom) if cost.custom else None,
            adjustments=_taxed(given["tax_rates"], param, again=again) if given.get("tax_rates") else None,
        )

    @classmethod
    def of_session(cls, session_id: str) -> list["LineItem"]:
        """Return a session's lines in the order they were given."""
        collected = [row for row in db.session.new if isinstance(row, cls) and row.session_id == session_id]
        if collected:
            return collected
        # By the session alone: were the account named, too, SQLite would go through all the merchant's lines.
        lines, who = load_where(cls, '"session_id" = ? ORDER BY "id"', (session_id,)), caller()
        return [line for line in lines if (line.account_id, line.livemode) == (who.account_id, who.livemode)]

    @property
    def choice(self) -> Choice | None:
        """Return what the customer may choose of this line, None for a line of a set quantity."""
        return Choice(**self.adjustable) if self.adjustable else None

    def change_to(self, quantity: int) -> None:
        """Set how many the customer buys; raises InvalidRequest beyond the merchant's limits."""
        choice = self.choice
        if choice is None or not choice.allows(quantity):
            raise InvalidRequest("This quantity can't be chosen.", param="quantity")
        self.quantity = quantity
        self.amount = self.unit_amount * billed_units(self.price.get("transform_quantity"), quantity)

    @property
    def custom(self) -> Custom | None:
        """Return what the customer may pay for the line, None where its price says it."""
        return Custom(**self.custom_amount) if self.custom_amount else None

    def choose_amount(self, amount_minor: int) -> None:
        """Set what the customer pays for the line; raises InvalidRequest beyond the merchant's limits."""
        custom = self.custom
        if custom is None or not custom.allows(amount_minor):
            raise InvalidRequest(AMOUNT_REFUSED, param="customUnitAmount")
        self.unit_amount = self.amount = amount_minor

    @property
    def rates(self) -> list[dict[str, Any]]:
        """Return the tax rates on this line, as they stood when the session was opened."""
        rates: list[dict[str, Any]] = (self.adjustments or {}).get("rates", [])
        return rates

    def adjust(self, worked: Sum) -> None:
        """Keep what the line comes to."""
        if not self.rates and not worked.discount_minor and self.adjustments is None:
            return
        self.adjustments = {
            "rates": self.rates,
            "amount_discount": worked.discount_minor,
            "amount_tax": worked.tax_minor,
            "amount_total": worked.total_minor,
            "taxes": [
                {"amount": tax.amount_minor, "taxable_amount": tax.taxable_minor} for tax in worked.taxes
            ],
        }

    def taxes(self) -> list[dict[str, Any]]:
        """Return what each tax rate comes to, for who asks for it."""
        amounts = (self.adjustments or {}).get("taxes", [])
        return [
            shaped(stripe.LineItem.Tax, rate=rate, **tax)
            for rate, tax in zip(self.rates, amounts, strict=True)
        ]

    def discounts(self) -> list[dict[str, Any]]:
        """Return what the order's discount takes off this line, for who asks for it."""
        off = (self.adjustments or {}).get("amount_discount")
        used = Discount.mine().where(Discount.session_id == self.session_id, Discount.status.in_(IN_USE))
        found = db.session.scalars(used).first() if off else None
        return [{"amount": off, "discount": found.as_stripe()}] if found else []

    def as_stripe(self) -> dict[str, Any]:
        """Return the line item."""
        adjusted = self.adjustments or {}
        return self.shape(
            object="item",
            adjustable_quantity=choice.as_stripe() if (choice := self.choice) else None,
            amount_discount=adjusted.get("amount_discount", 0),
            amount_subtotal=self.amount,
            amount_tax=adjusted.get("amount_tax", 0),
            amount_total=adjusted.get("amount_total", self.amount),
            currency=self.currency,
            description=self.name,
            metadata=self.metadata_,
            price=self.price,
            quantity=self.quantity,
        )


def _check_currencies(lines: list[LineItem]) -> None:
    for number, line in enumerate(lines):
        if line.currency != lines[0].currency:
            raise InvalidRequest(
                "All line items of a Checkout Session must have the same currency.",
                param=f"line_items[{number}]",
            )


def _taxed(rate_ids: list[str], param: str, *, again: bool) -> dict[str, Any]:
    rates = [
        TaxRate.usable(rate_id, param=f"{param}[tax_rates][{number}]", archived_too=again)
        for number, rate_id in enumerate(dict.fromkeys(rate_ids))
    ]
    return {"rates": [rate.as_stripe() for rate in rates]}


def _price_and_product(
    given: dict[str, Any], param: str, *, again: bool, optional: bool
) -> tuple[Price, Product]:
    """Return what a line is of; what was offered before may be archived where no amount can replace it."""
    if ("price" in given) == ("price_data" in given):
        raise InvalidRequest(
            f"You must specify either `price` or `price_data` for {param}, and not both.",
            param=f"{param}[price]",
        )
    if "price_data" in given:
        price = Price.inline(given["price_data"], param=f"{param}[price_data]")
    else:
        price = Price.find(given["price"], param=f"{param}[price]")
        offered_before = again and (optional or not price.can_be_inline)
        if not price.active and not offered_before:
            raise InvalidRequest(
                "The price specified is inactive. This field only accepts active prices.",
                param=f"{param}[price]",
            )
    if price.recurring:
        raise InvalidRequest(
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode "
            "or use only one-time prices.",
            param=f"{param}[price]",
        )
    return price, _product_of(price)


def _product_of(price: Price) -> Product:
    for row in db.session.new:
        if isinstance(row, Product) and row.wire_id == price.product:
            return row
    return Product.find(price.product)


def _whole_unit_amount(cost: Cost, param: str) -> int:
    if cost.unit_minor is None:
        raise InvalidRequest(
            "Prices with fractions of the smallest unit can't be paid with a Checkout Session.",
            param=f"{param}[price]",
        )
    return cost.unit_minor
