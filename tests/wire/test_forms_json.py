"""JSON bodies of the plain endpoints become dicts, or a typed refusal; never anything else."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit import json_bodies
from kit.params import ParamError


def test_a_json_object_is_read_with_its_own_types() -> None:
    body = '{"amount": 2000, "capture": true, "customer": {"name": "Zoë"}, "items": ["a"]}'.encode()
    assert json_bodies.decode(body) == {
        "amount": 2000,
        "capture": True,
        "customer": {"name": "Zoë"},
        "items": ["a"],
    }


def test_null_counts_as_not_given() -> None:
    assert json_bodies.decode(b'{"amount": 1, "description": null, "a": {"b": null}}') == {
        "amount": 1,
        "a": {},
    }


def test_an_empty_body_has_no_parameters() -> None:
    assert json_bodies.decode(b" \n") == {}


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"1",
        b'"text"',
        b"{",
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        b'{"a":' * 20 + b"1" + b"}" * 20,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": [' + b"1," * 20_000 + b"1]}",
        b'{"a": "' + b"x" * 300_000 + b'"}',
    ],
)
def test_what_is_no_plain_object_is_refused(body: bytes) -> None:
    with pytest.raises(ParamError):
        json_bodies.decode(body)


@settings(deadline=None)
@given(
    st.binary(max_size=100)
    | st.text(st.sampled_from('{}[]":,01eE.-\\u d8nulltrue'), max_size=40).map(str.encode)
)
def test_no_bytes_raise_anything_but_a_param_error(body: bytes) -> None:
    with suppress(ParamError):
        assert isinstance(json_bodies.decode(body), dict)
