"""Bridges between the pinned API version and clients that were written for an older one.

Inside of Florin there is one version, that of the pinned SDK. A request of an older version is lifted up to
it before its parameters are checked; an answer is taken down again change by change, newest first. Each
change is one row of CHANGES, with its source in Stripe's changelog (https://docs.stripe.com/changelog).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import stripe
from stripe.params import WebhookEndpointCreateParams

from kit.params.shapes import read_hash
from merchant_api.operations import Operation
from payments.catalog.coupons import Coupon
from payments.errors import InvalidRequest

Tree = dict[str, Any]

WELL_FORMED = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:\.[a-z]{1,20})?")
DATE_CHARS = len("2026-10-28")
SHOWN_CHARS = 100

# The SDK lists every version that an endpoint's events may have.
KNOWN = frozenset(
    read_hash(WebhookEndpointCreateParams, only={"api_version"}).fields["api_version"].choices
) | {stripe.api_version}
PINNED_DATE, _, PINNED_NAME = stripe.api_version.partition(".")
KNOWN_DATES = frozenset(version[:DATE_CHARS] for version in KNOWN)


def check(named: str) -> str:
    """The version of a Stripe-Version header; raises InvalidRequest for one that Stripe never had.

    Later dates under the pinned version's own name are taken as well: Stripe's monthly releases of one name
    only add to it, and merchants may update their SDK before Florin does.
    """
    if named in KNOWN:
        return named
    date, _, name = named.partition(".")
    if WELL_FORMED.fullmatch(named):
        if name == PINNED_NAME and date > PINNED_DATE:
            return named
        if name == "preview" and date in KNOWN_DATES:
            return named
    message = f"Invalid Stripe API version: {named[:SHOWN_CHARS]}"
    dated, _, beta = named.partition(";")
    if beta and dated.strip() in KNOWN:
        header = beta.partition("=")[0].strip()[:SHOWN_CHARS]
        message += f". You do not have permission to pass this beta header: {header}."
    raise InvalidRequest(message)


def upgrade(raw: Tree, version: str, operation: Operation) -> Tree:
    """The request's raw parameters as the pinned version has them. The given dict is left as it was."""
    date = version[:DATE_CHARS]
    for change in OLDEST_FIRST:
        if operation.noun_name not in change.nouns or not operation.params.takes(change.parameter):
            continue
        if date < change.date:
            raw = change.up(dict(raw))
        elif change.refuse:
            change.refuse(raw)
    return raw


def renamed(given: Tree, lifted: Tree) -> dict[str, str]:
    """What a request called parameters that now have another name, by that name."""
    return {new: old for new, old in OLD_NAMES.items() if old in given and old not in lifted}


def downgrade(wire: Any, version: str) -> Any:
    """The answer as a client of that version expects it, at any depth. `wire` is left as it was."""
    date = version[:DATE_CHARS]
    changes = [change for change in NEWEST_FIRST if date < change.date]
    return _downgraded(wire, changes) if changes else wire


def _downgraded(wire: Any, changes: list["Change"]) -> Any:
    if isinstance(wire, list):
        return [_downgraded(element, changes) for element in wire]
    if not isinstance(wire, dict):
        return wire
    result = {key: _downgraded(value, changes) for key, value in wire.items()}
    name = result.get("object")
    if isinstance(name, str):  # an event's `data.object` is a hash
        for change in changes:
            if name in change.nouns:
                result = change.down(result)
    return result


# ---- the changes


def _unchanged(tree: Tree) -> Tree:
    return tree


@dataclass(frozen=True, slots=True)
class Change:
    """What one release changed for some nouns: `up` lifts a request, `down` takes an answer back.

    Requests are touched only where the operation takes `parameter`, named as the newer version has it.
    `refuse` raises where a client of the newer version still sends what was removed with a code of its own.
    """

    date: str
    nouns: frozenset[str]
    parameter: str
    up: Callable[[Tree], Tree] = _unchanged
    down: Callable[[Tree], Tree] = _unchanged
    refuse: Callable[[Tree], None] | None = None


OLD_NAMES = {"allowed_payment_method_types": "payment_method_types", "promotion[coupon]": "coupon"}
UI_MODES = {"hosted": "hosted_page", "embedded": "embedded_page", "custom": "elements"}
OLD_UI_MODES = {new: old for old, new in UI_MODES.items()}


def _allow_payment_method_types(raw: Tree) -> Tree:
    # Where both are given the older one stays, and is refused as unknown.
    if "payment_method_types" in raw and "allowed_payment_method_types" not in raw:
        raw["allowed_payment_method_types"] = raw.pop("payment_method_types")
    return raw


def _without_allowed_payment_method_types(wire: Tree) -> Tree:
    return {key: value for key, value in wire.items() if key != "allowed_payment_method_types"}


def _refuse_payment_method_types(raw: Tree) -> None:
    if "payment_method_types" in raw:
        raise InvalidRequest(
            "The parameter payment_method_types is no longer supported in this API version. Use"
            " allowed_payment_method_types to limit the payment methods that are offered.",
            code="payment_method_types_no_longer_supported",
            param="payment_method_types",
        )


def _rename_ui_mode(raw: Tree) -> Tree:
    if isinstance(raw.get("ui_mode"), str):
        raw["ui_mode"] = UI_MODES.get(raw["ui_mode"], raw["ui_mode"])
    return raw


def _old_ui_mode(wire: Tree) -> Tree:
    mode = wire.get("ui_mode")
    return wire | {"ui_mode": OLD_UI_MODES.get(mode, mode)} if isinstance(mode, str) else wire


def _shipping_details_on_top(wire: Tree) -> Tree:
    return wire | {"shipping_details": (wire.get("collected_information") or {}).get("shipping_details")}


def _refuse_customers_coupon(raw: Tree) -> None:
    for name in ("coupon", "promotion_code"):
        if name in raw:
            raise InvalidRequest(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def _promotion_of_coupon(raw: Tree) -> Tree:
    # Where both are given the older one stays, and is refused as unknown.
    if "coupon" in raw and "promotion" not in raw:
        raw["promotion"] = {"type": "coupon", "coupon": raw.pop("coupon")}
    return raw


def _coupon_on_top(wire: Tree, holder: str) -> Tree:
    """Put in the coupon itself, as it stands, where the pinned version only names it."""
    named = (wire.get(holder) or {}).get("coupon")
    coupon = Coupon.peek(named) if isinstance(named, str) else None
    gone = {"id": named, "object": "coupon", "deleted": True}
    shown = named if isinstance(named, dict) else coupon.as_stripe() if coupon else gone
    return {key: value for key, value in wire.items() if key != holder} | {"coupon": shown}


CHANGES = (
    # changelog/basil/2025-03-31/deprecate-singular-coupon-promotion-code
    Change("2025-03-31", frozenset({"customer"}), "coupon", refuse=_refuse_customers_coupon),
    # changelog/clover/2025-09-30/: polymorphic-coupon and add-discount-source-property
    Change(
        "2025-09-30",
        frozenset({"promotion_code"}),
        "promotion",
        up=_promotion_of_coupon,
        down=partial(_coupon_on_top, holder="promotion"),
    ),
    Change("2025-09-30", frozenset({"discount"}), "source", down=partial(_coupon_on_top, holder="source")),
    # changelog/basil/2025-03-31/checkout-session-remove-shipping-details
    Change("2025-03-31", frozenset({"checkout.session"}), "shipping_details", down=_shipping_details_on_top),
    # changelog/dahlia/2026-03-25/updates-available-checkout-session-ui-modes
    Change("2026-03-25", frozenset({"checkout.session"}), "ui_mode", up=_rename_ui_mode, down=_old_ui_mode),
    # changelog/endive/2026-09-30/: remove-payment-method-types-checkout-sessions, and
    # removes-the-payment-method-types-parameter-from-payment-intents-and-setup-intents
    Change(
        "2026-09-30",
        frozenset({"checkout.session", "payment_intent", "setup_intent"}),
        "allowed_payment_method_types",
        up=_allow_payment_method_types,
        down=_without_allowed_payment_method_types,
        refuse=_refuse_payment_method_types,
    ),
)
OLDEST_FIRST = tuple(sorted(CHANGES, key=lambda change: change.date))
NEWEST_FIRST = OLDEST_FIRST[::-1]
