"""offer_plan: introduce, change and withdraw a plan, which is a recurring price under its older name."""

from typing import Any

from sqlalchemy import select

from kit.database import db
from payments import audit, events
from payments.catalog.plans import RECURRING, Plan
from payments.catalog.prices import Price
from payments.catalog.products import Product
from payments.errors import InvalidRequest, NotFound

LONGEST_TRIAL_DAYS = 730
AMOUNTS = {"amount": "unit_amount", "amount_decimal": "unit_amount_decimal"}
SCHEME = {"billing_scheme": "billing_scheme", "tiers": "tiers", "tiers_mode": "tiers_mode"}
OWN_NAMES = AMOUNTS | SCHEME | {"transform_usage": "transform_quantity"}  # of a plan -> of a price


def introduce(params: dict[str, Any]) -> Plan:
    """Collect a new plan, with a new product where `product` is a hash; raises InvalidRequest."""
    _check_trial(params)
    given = params.get("product")
    if not given:
        message = "Missing required param: product."
        raise InvalidRequest(message, code="parameter_missing", param="product")
    if not params.get("tiers") and ("amount" in params) == ("amount_decimal" in params):
        raise InvalidRequest(
            "You must pass either `amount` or `amount_decimal`, and not both.",
            code=None if "amount" in params else "parameter_missing",
            param="amount",
        )
    wanted = {
        "currency": params["currency"],
        "active": params.get("active", True),
        "nickname": params.get("nickname"),
        "metadata": params.get("metadata"),
        "recurring": {name: params[name] for name in RECURRING if name in params},
        **{own: params[name] for name, own in OWN_NAMES.items() if name in params},
    }
    product = _product(given)
    price = Price.of_product(product, wanted, id=params.get("id"), prefix="plan_")
    if isinstance(given, dict):
        product.announce()
    price.announce()
    return Plan(price)


def find(plan_id: str) -> Plan:
    """Return the plan of that id; raises NotFound for a price that is paid once."""
    price = Price.peek(plan_id)
    if price is None or not price.recurring:
        raise NotFound("plan", plan_id)
    return Plan(price)


def change(plan: Plan, params: dict[str, Any]) -> None:
    """Change what may change: not the amount, the currency or the interval."""
    _check_trial(params)
    price = plan.price
    before = price.told()
    if params.get("product"):
        product = Product.find(params["product"], param="product")
        product.has_prices = True
        price.product = product.wire_id
    if "trial_period_days" in params:
        price.recurring = (price.recurring or {}) | {"trial_period_days": params["trial_period_days"]}
    price.write(params)
    audit.record("price.updated", price.id, fields=sorted(params))
    price.tell_changes(before)


def withdraw(plan: Plan) -> dict[str, Any]:
    """Delete a plan; its product can be deleted once nothing else prices it."""
    price = plan.price
    product = Product.peek(price.product)
    if product is not None and product.default_price == price.wire_id:
        raise InvalidRequest(
            "This plan cannot be deleted because it is the default price of its product.", param="id"
        )
    wire_id = price.wire_id
    events.record("plan.deleted", plan)
    events.record("price.deleted", price)
    price.deleted = True
    price.custom_id = None
    if price.lookup_key is not None:
        price.leave_lookup_key()
    others = Price.mine().where(
        Price.product == price.product, Price.deleted.is_(False), Price.id != price.id
    )
    if product is not None and db.session.scalar(select(others.exists())) is False:
        product.has_prices = False
    audit.record("price.deleted", price.id)
    return {"id": wire_id, "object": "plan", "deleted": True}


def _product(given: dict[str, Any] | str) -> Product:
    if isinstance(given, dict):
        return Product.create(given, within="product")
    return Product.find(given, param="product")


def _check_trial(params: dict[str, Any]) -> None:
    if not 0 <= params.get("trial_period_days", 0) <= LONGEST_TRIAL_DAYS:
        raise InvalidRequest(
            f"This value must be from 0 to {LONGEST_TRIAL_DAYS}.",
            code="parameter_invalid_integer",
            param="trial_period_days",
        )
