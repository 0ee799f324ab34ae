"""Clients of older API versions are understood, and hear what they expect."""

import dataclasses
from typing import Any, Literal

import pytest
import stripe
from stripe.params import checkout

from kit import params
from merchant_api import versions
from merchant_api.operations import Operation
from payments.errors import InvalidRequest

CREATE = Operation(
    "POST",
    "/v1/checkout/sessions",
    params.build(checkout.SessionCreateParams, only={"ui_mode", "allowed_payment_method_types"}),
    "checkout.session",
    "create",
    "Create a Checkout Session",
)
ACACIA, CLOVER, DAHLIA, ENDIVE = (
    "2024-12-18.acacia",
    "2026-02-25.clover",
    "2026-08-26.dahlia",
    "2026-09-30.endive",
)


def session(**overrides: Any) -> dict[str, Any]:
    return {
        "id": "cs_test_1",
        "object": "checkout.session",
        "ui_mode": "hosted_page",
        "payment_method_types": ["card"],
        "allowed_payment_method_types": None,
        "collected_information": {"shipping_details": {"name": "Ada"}},
        **overrides,
    }


@pytest.mark.parametrize(
    "named",
    [
        stripe.api_version,
        "2011-01-01",
        "2024-06-20",
        ACACIA,
        "2025-03-31.basil",
        ENDIVE,
        "2026-02-25.preview",
    ],
)
def test_versions_that_stripe_has_had_are_taken(named: str) -> None:
    assert versions.check(named) == named


def test_a_later_release_of_the_pinned_name_is_taken() -> None:
    later = f"2031-01-01.{stripe.api_version.partition('.')[2]}"
    assert versions.check(later) == later


@pytest.mark.parametrize(
    "named",
    [
        "",
        "latest",
        "2026-10-28",
        "2026-10-28.acacia",
        "2031-01-01",
        "2019-2-19",
        "2026-13-01.endive",
        "2022-08-02",
    ],
)
def test_other_versions_are_refused_in_stripe_s_words(named: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        versions.check(named)
    assert caught.value.message == f"Invalid Stripe API version: {named}"
    assert caught.value.status == 400


def test_beta_headers_are_refused_by_name() -> None:
    with pytest.raises(InvalidRequest) as caught:
        versions.check("2020-08-27;link_beta=v1")
    assert caught.value.message == (
        "Invalid Stripe API version: 2020-08-27;link_beta=v1. You do not have permission to pass this beta"
        " header: link_beta."
    )


@pytest.mark.parametrize(
    ("old", "new"), [("hosted", "hosted_page"), ("embedded", "embedded_page"), ("custom", "elements")]
)
def test_the_ui_modes_of_before_dahlia_are_understood_and_answered(old: str, new: str) -> None:
    raw = {"ui_mode": old}
    assert versions.upgrade(raw, CLOVER, CREATE) == {"ui_mode": new}
    assert raw == {"ui_mode": old}
    assert versions.downgrade(session(ui_mode=new), CLOVER)["ui_mode"] == old
    assert versions.downgrade(session(ui_mode=new), DAHLIA)["ui_mode"] == new


def test_a_client_of_today_cannot_use_the_ui_modes_of_yesterday() -> None:
    raw = versions.upgrade({"ui_mode": "hosted"}, DAHLIA, CREATE)
    with pytest.raises(params.ParamError, match="Invalid ui_mode: must be one of"):
        CREATE.params.parse(raw)


def test_payment_method_types_of_before_endive_become_allowed_ones() -> None:
    raw = {"payment_method_types": ["card"]}
    assert versions.upgrade(raw, DAHLIA, CREATE) == {"allowed_payment_method_types": ["card"]}
    assert "allowed_payment_method_types" not in versions.downgrade(session(), DAHLIA)
    assert versions.downgrade(session(), DAHLIA)["payment_method_types"] == ["card"]


def test_payment_method_types_since_endive_are_refused_with_their_own_code() -> None:
    with pytest.raises(InvalidRequest) as caught:
        versions.upgrade({"payment_method_types": ["card"]}, ENDIVE, CREATE)
    assert caught.value.code == "payment_method_types_no_longer_supported"
    assert caught.value.param == "payment_method_types"


def test_an_operation_that_never_took_the_parameter_refuses_it_by_its_own_name() -> None:
    raw = {"payment_method_types": ["card"]}
    update = dataclasses.replace(CREATE, params=params.build(checkout.SessionUpdateParams))
    assert versions.upgrade(raw, DAHLIA, update) == versions.upgrade(raw, ENDIVE, update) == raw


def test_shipping_details_stand_on_top_for_clients_of_before_basil() -> None:
    assert versions.downgrade(session(), ACACIA)["shipping_details"] == {"name": "Ada"}
    assert versions.downgrade(session(collected_information=None), ACACIA)["shipping_details"] is None
    assert "shipping_details" not in versions.downgrade(session(), CLOVER)


@pytest.mark.parametrize("kind", ["list", "event", "expanded"])
def test_objects_within_objects_are_taken_down_too(kind: Literal["list", "event", "expanded"]) -> None:
    wires: dict[str, dict[str, Any]] = {
        "list": {"object": "list", "data": [session()]},
        "event": {"object": "event", "data": {"object": session()}},
        "expanded": {"object": "other", "session": session()},
    }
    wire = wires[kind]
    before = repr(wire)
    assert "'hosted'" in repr(versions.downgrade(wire, CLOVER))
    assert repr(wire) == before


def test_the_pinned_version_goes_through_untouched() -> None:
    raw, wire = {"ui_mode": "elements"}, session()
    assert versions.upgrade(raw, stripe.api_version, CREATE) is raw
    assert versions.downgrade(wire, stripe.api_version) is wire


def test_other_nouns_are_left_alone() -> None:
    wire = {"object": "customer", "ui_mode": "hosted_page"}
    assert versions.downgrade(wire, CLOVER) == wire
