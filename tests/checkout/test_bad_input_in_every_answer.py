"""Whatever is typed into any field that a session can ask for: no 500, and nothing lost but the CVC."""

import string

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.plain_text import unsteered
from tests.support.asked import ANSWERS, EVERYTHING
from tests.support.buyer import Buyer, Till
from tests.support.hosted_page import GOOD_CARD, TYPED

CHOICES = ("billingCountry", "shippingCountry", "taxIdType", "customField3")
BOXES = ("termsOfServiceConsentCheckbox", "promotionsConsentCheckbox")
FREE = [name for name in ANSWERS if name not in (*CHOICES, *BOXES)]
HOSTILE = {
    "ten thousand letters": "x" * 10_000,
    "a NUL": "a\x00b",
    "half a surrogate, as a browser sends it": "a\ufffdb",
    "writing turned around": "invoice\u202etxt.exe",
    "a script": "<script>alert(1)</script>",
    "an attribute": '" onfocus="alert(1)" autofocus="',
    "a template": "{{ 7 * 7 }}{% raw %}",
    "another line": "a\r\nSet-Cookie: x=1",
    "a card": GOOD_CARD,
}
NO_SURROGATES = st.characters(codec="utf-8")
SOMETHING = st.text(NO_SURROGATES, max_size=40) | st.text(string.digits + "+ -.", max_size=30)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_words_are_shown_again_as_words(app: Flask, till: Till, text: str) -> None:
    session = till.open_session(**EVERYTHING)
    some = FREE[:1] if len(text) > 1_000 else FREE  # a form of more than 16 KiB is not read at all
    seen = Buyer(app, session).pay(**(ANSWERS | dict.fromkeys(some, text)))
    assert seen.status == 422
    shown = unsteered(text.strip())  # nothing on a page turns its neighbours round
    assert {name: seen.values[name] for name in some} == dict.fromkeys(some, shown)
    assert "<script>alert" not in seen.html
    assert till.charges_of(session["id"]) == []


@pytest.mark.parametrize("field", FREE)
def test_no_answer_keeps_a_card_number(app: Flask, till: Till, field: str) -> None:
    session = till.open_session(**EVERYTHING)
    assert Buyer(app, session).pay(**(ANSWERS | {field: f"{GOOD_CARD[:4]} 4242 4242 4242"})).status == 422
    assert till.charges_of(session["id"]) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.fixed_dictionaries({}, optional=dict.fromkeys([*ANSWERS, *TYPED], SOMETHING)))
def test_no_text_anywhere_is_a_server_error(app: Flask, till: Till, typed: dict[str, str]) -> None:
    wrong = {"cardExpiry": "13/40"}  # so that no example pays
    seen = Buyer(app, till.open_session(**EVERYTHING)).pay(**(ANSWERS | typed | wrong))
    assert seen.status == 422
    assert seen.values["cardCvc"] == ""
    for name, text in (TYPED | ANSWERS | typed | wrong).items():
        if name not in ("cardCvc", *CHOICES, *BOXES):
            assert seen.values[name] == unsteered(text.strip()), name
