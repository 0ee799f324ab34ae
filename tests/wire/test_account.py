"""A merchant reads its own account, and no other."""

import pytest
import stripe

from tests.support.sdk_shapes import strays
from tests.wire.conftest import Api


def test_a_merchant_reads_its_own_account(api: Api, sdk: stripe.StripeClient) -> None:
    mine = sdk.v1.accounts.retrieve_current()
    assert (mine.object, mine.charges_enabled, mine.type) == ("account", True, "standard")
    assert sdk.v1.accounts.retrieve(mine.id).id == mine.id
    assert not list(strays(api("GET", "/v1/account").get_json(), stripe.Account))


def test_another_account_is_not_found(sdk: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        sdk.v1.accounts.retrieve("acct_none")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
