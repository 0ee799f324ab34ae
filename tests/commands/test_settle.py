"""`florin settle`: says who did not answer, and that nothing differs where nothing does."""

import pytest

from payments.treasury import treasuries
from tests.commands.conftest import Ward
from tests.support.ports import free_port

pytestmark = pytest.mark.slow


def test_what_is_not_closed_yet_is_not_settled(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in set(treasuries) - {"piggy_bank"}:
        monkeypatch.delitem(treasuries, name)  # another house's
    ward.pay()
    told = ward.run("settle")
    assert told.code == 0, told.said
    assert told.said.endswith("Nothing differs.\n")


def test_a_bank_that_does_not_answer_is_named(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in set(treasuries) - {"piggy_bank"}:
        monkeypatch.delitem(treasuries, name)
    monkeypatch.setattr(treasuries["piggy_bank"], "url", f"http://127.0.0.1:{free_port()}")
    told = ward.run("settle")
    assert told.code == 1
    assert "piggy_bank did not answer." in told.said
