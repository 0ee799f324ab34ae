"""Orders whose customers are being asked about can't expire yet; however many there are, others still do."""

import pytest
import time_machine

import sweeps
from payments.hosted import expire
from tests.payments.conftest import DAY_SECONDS, Shop
from tests.support.buyer import Buyer, Till
from tests.support.unreliable import Unreliable, lost_answer

BATCH = 2


def test_orders_that_cannot_expire_are_passed_by(
    shop: Shop, line: Unreliable, later: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expire, "BATCH", BATCH)
    till = Till(shop.house, shop.secret_key)
    stuck = [Buyer(shop.house, till.open_session()) for _ in range(2 * BATCH)]
    free = till.open_session()
    for buyer in stuck:
        line.expect(lost_answer)
        buyer.pay()
    later.shift(DAY_SECONDS + 1)
    with shop.house.app_context():
        assert sweeps.expire_sessions() >= 1  # other tests' orders may be due as well
    sessions = shop.sdk.v1.checkout.sessions
    assert sessions.retrieve(free["id"]).status == "expired"
    assert {sessions.retrieve(buyer.session["id"]).status for buyer in stuck} == {"open"}
