"""No input whatsoever gets anything but a clean dict or a ParamError out of the validator."""

from contextlib import suppress
from typing import Any

import jsonschema_rs
import pytest
import stripe.params as sdk
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe.params import checkout

from kit import forms, params

pytestmark = pytest.mark.slow

DECLARED = {
    "session": params.build(
        checkout.SessionCreateParams,
        only={"mode", "line_items", "metadata", "payment_intent_data", "expires_at", "discounts", "expand"},
    ),
    "intent": params.build(sdk.PaymentIntentCreateParams),
    "intent update": params.build(sdk.PaymentIntentUpdateParams),
    "refund": params.build(sdk.RefundCreateParams),
    "refunds": params.build(sdk.RefundListParams),
    "price": params.build(sdk.PriceCreateParams),
    "product": params.build(sdk.ProductUpdateParams),
    "customer": params.build(sdk.CustomerCreateParams),
    "payment method": params.build(sdk.PaymentMethodCreateParams),
    "webhook endpoint": params.build(sdk.WebhookEndpointCreateParams),
}
WORDS = (
    "amount currency mode line_items price_data quantity metadata expand created gte card number type 0 1 7"
    " limit shipping address line1 off_session tiers up_to unit_amount recurring interval discounts coupon x"
)
# No NUL and no lone surrogate: kit/forms lets none pass.
CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")
NAMES = st.sampled_from(WORDS.split(" ")) | st.text(CHARACTERS, max_size=6)
LEAVES = st.sampled_from(["", "1", "-1", "true", "usd", "payment", "card", "inf", "9" * 30]) | st.text(
    CHARACTERS, max_size=8
)
JSON_LEAVES = LEAVES | st.none() | st.booleans() | st.integers() | st.floats()


def trees(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    branches = st.recursive(
        leaves,
        lambda branch: st.lists(branch, max_size=3) | st.dictionaries(NAMES, branch, max_size=4),
        max_leaves=8,
    )
    return st.dictionaries(NAMES, branches, max_size=6)


def parsed(declared: params.Params, raw: dict[str, Any]) -> dict[str, Any] | None:
    with suppress(params.ParamError):
        result = declared.parse(raw)
        assert result.keys() <= raw.keys()
        return result
    return None


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(list(DECLARED.values())), trees(JSON_LEAVES))
def test_no_tree_raises_anything_but_a_param_error(declared: params.Params, raw: dict[str, Any]) -> None:
    parsed(declared, raw)


@settings(deadline=None)
@given(st.text(st.sampled_from("amount[]=&metad1k.xpn0cures"), max_size=60))
def test_no_form_raises_anything_but_a_param_error(body: str) -> None:
    for declared in DECLARED.values():
        try:
            raw = forms.decode(body.encode())
        except params.ParamError:
            return
        parsed(declared, raw)


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(list(DECLARED.values())),
    trees(JSON_LEAVES.filter(lambda leaf: not isinstance(leaf, float))),
)
def test_what_the_published_schema_allows_is_taken(declared: params.Params, raw: dict[str, Any]) -> None:
    """The validator and the OpenAPI document are two drawings of one tree of shapes; hold them together."""
    if jsonschema_rs.validator_for(declared.json_schema()).is_valid(raw):
        assert parsed(declared, raw) is not None
