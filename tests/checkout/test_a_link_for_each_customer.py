"""A payment link that names whoever follows it, as in a mail to many, has one shape for all of them."""

import pytest
from flask import Flask

from tests.checkout.test_a_page_filled_in import filled, rendered, visiting
from tests.checkout.test_payment_links import a_link, followed
from tests.support.buyer import Buyer, Till

NAMES = ("asha", "bo", "chen", "dora")


@pytest.mark.parametrize("parameter", ["prefilled_email", "locked_prefilled_email"])
def test_each_sees_their_own_address_on_a_page_that_is_filled_in(
    app: Flask, till: Till, parameter: str
) -> None:
    link, pages = a_link(till), []
    for name in NAMES:
        session = followed(till, link, f"?{parameter}={name}%2Bx@example.com")
        with visiting(app, session["id"], "en") as visited:
            pages.append(filled(visited))
            assert pages[-1] in (None, rendered(visited))
    assert [page is not None for page in pages] == [False, False, True, True]
    for page, name in zip(pages[2:], NAMES[2:], strict=True):
        assert page is not None
        assert [other for other in NAMES if f"{other}+x@example.com" in page.decode()] == [name]


def test_who_may_change_the_address_and_who_may_not_share_no_shape(app: Flask, till: Till) -> None:
    link, seen = a_link(till), []
    for parameter in ("prefilled_email", "locked_prefilled_email") * 3:
        buyer = Buyer(app, followed(till, link, f"?{parameter}=asha@example.com"))
        email = next(given for tag, given in buyer.open().tags if given.get("id") == "email")
        seen.append("readonly" in email)
    assert seen == [False, True] * 3
