"""Form bodies become nested dicts and lists, or a typed refusal; never anything else."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
import qs_codec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kit import forms
from kit.params import ParamError

NAMES = st.text(st.sampled_from("abcxyz_-.%&=+ é漢"), min_size=1, max_size=6)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
TREES = st.dictionaries(
    NAMES,
    st.recursive(
        TEXTS,
        lambda leaf: (
            st.lists(leaf, min_size=1, max_size=3) | st.dictionaries(NAMES, leaf, min_size=1, max_size=3)
        ),
        max_leaves=6,
    ),
    max_size=6,
)


def flatten(branch: Any, name: str = "") -> list[tuple[str, str]]:
    """Write a tree the way the official stripe package does."""
    if isinstance(branch, str):
        return [(name, branch)]
    pairs = enumerate(branch) if isinstance(branch, list) else branch.items()
    return [pair for key, value in pairs for pair in flatten(value, f"{name}[{key}]" if name else str(key))]


def depth(branch: Any) -> int:
    if isinstance(branch, str):
        return 0
    return 1 + max(
        (depth(value) for value in (branch if isinstance(branch, list) else branch.values())), default=0
    )


def has_list_in_list(branch: Any) -> bool:
    if isinstance(branch, str):
        return False
    children = branch if isinstance(branch, list) else branch.values()
    return any(
        (isinstance(branch, list) and isinstance(child, list)) or has_list_in_list(child)
        for child in children
    )


def refusal(body: bytes, query: bytes = b"") -> ParamError:
    with pytest.raises(ParamError) as caught:
        forms.decode(body, query)
    return caught.value


def test_a_checkout_session_as_the_stripe_package_writes_it_is_read_back() -> None:
    body = (
        b"mode=payment&success_url=https%3A%2F%2Fshop.example%2Fok%3Fid%3D%7BCHECKOUT_SESSION_ID%7D"
        b"&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=2000"
        b"&line_items[0][price_data][product_data][name]=T-shirt+%C3%BC&line_items[0][quantity]=1"
        b"&line_items[1][price]=price_1&expand[]=customer&expand[]=line_items&metadata[order]=17"
    )
    assert forms.decode(body) == {
        "mode": "payment",
        "success_url": "https://shop.example/ok?id={CHECKOUT_SESSION_ID}",
        "line_items": [
            {
                "price_data": {
                    "currency": "usd",
                    "unit_amount": "2000",
                    "product_data": {"name": "T-shirt ü"},
                },
                "quantity": "1",
            },
            {"price": "price_1"},
        ],
        "expand": ["customer", "line_items"],
        "metadata": {"order": "17"},
    }


@settings(deadline=None)
@given(TREES)
def test_every_tree_survives_the_way_through_a_form_and_qs_codec_agrees(tree: dict[str, Any]) -> None:
    if depth(tree) - 1 > forms.MAX_DEPTH:
        return
    body = urlencode(flatten(tree))
    unbracketed = body.replace("%5B", "[").replace("%5D", "]")
    assert forms.decode(body.encode()) == tree
    assert forms.decode(unbracketed.encode()) == tree
    if not has_list_in_list(tree):  # qs-codec takes these apart in its own way; Stripe's API has none
        assert qs_codec.decode(body, forms.QS_OPTIONS) == tree


@settings(deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=50))
def test_no_bytes_raise_anything_but_a_param_error(body: bytes, query: bytes) -> None:
    with suppress(ParamError):
        assert isinstance(forms.decode(body, query), dict)


@settings(deadline=None)
@given(st.text(st.sampled_from("ab[]0125=&%+é."), max_size=60))
@example("[=&]=")
@example("a[b=c]=d")
@example("a[0][=1")
def test_no_arrangement_of_brackets_raises_anything_but_a_param_error(text: str) -> None:
    with suppress(ParamError):
        leaves = flatten(forms.decode(text.encode()))
        assert len(leaves) == len([pair for pair in text.split("&") if pair])


def test_body_and_query_are_read_as_one() -> None:
    assert forms.decode(b"a=1", b"b[]=2") == {"a": "1", "b": ["2"]}
    assert forms.decode(b"", b"limit=3") == {"limit": "3"}
    assert forms.decode(b"", b"") == {}


def test_an_empty_string_stays_an_empty_string() -> None:
    assert forms.decode(b"description=&metadata=&flag") == {"description": "", "metadata": "", "flag": ""}


def test_hashes_within_an_unnumbered_array_begin_anew_when_a_name_repeats() -> None:
    body = b"items[][price]=p1&items[][quantity]=1&items[][price]=p2&items[][quantity]=2"
    assert forms.decode(body) == {
        "items": [{"price": "p1", "quantity": "1"}, {"price": "p2", "quantity": "2"}]
    }


def test_numbered_elements_may_come_in_any_order() -> None:
    assert forms.decode(b"a[1]=y&a[0]=x") == {"a": ["x", "y"]}


def test_gaps_in_a_count_are_kept_for_the_validator_without_making_room_for_them() -> None:
    assert forms.decode(b"a[7]=x&a[999999999]=y") == {"a": {"7": "x", "999999999": "y"}}


@pytest.mark.parametrize(
    "body",
    [
        "a=1&a=2",
        "a[b]=1&a[b]=2",
        "a=1&a[b]=2",
        "a[b]=1&a=2",
        "a[b]=1&a[b][c]=2",
        "a[]=1&a[0]=2",
        "a[]=1&a[b]=2",
    ],
)
def test_one_name_in_two_shapes_is_refused_by_name(body: str) -> None:
    error = refusal(body.encode())
    assert error.param is not None
    assert error.param[0] == "a"


@pytest.mark.parametrize(
    "body",
    [
        b"a=%00",
        b"a=x\0",
        b"a%00=x",
        b"a=%ED%A0%80",
        b"a=\xed\xa0\x80",
        b"a=%FF",
        b"a=\xff",
        b"a=%zz",
        b"a=100%",
        b"=x",
        b"[]=x",
        b"[b",
        b"&a[b][c][d][e][f][g]=1",
    ],
)
def test_text_that_no_database_should_see_is_refused(body: bytes) -> None:
    assert refusal(body).message


def test_the_caps_on_size_and_count_hold() -> None:
    assert forms.decode(b"a=" + b"x" * (forms.MAX_BODY_BYTES - 2))
    assert "larger" in refusal(b"a=" + b"x" * forms.MAX_BODY_BYTES).message
    assert len(forms.decode("&".join(f"k{n}=" for n in range(1_000)).encode())) == 1_000
    assert "more than 1000" in refusal("&".join(f"k{n}=" for n in range(1_001)).encode()).message


def test_a_malformed_key_is_read_as_qs_codec_reads_it() -> None:
    assert forms.decode(b"a[b=c]=d&x[y=1") == {"a": {"b=c": "d"}, "x": {"[y": "1"}}
