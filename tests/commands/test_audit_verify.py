"""`florin audit verify`: the chain and its anchored head, and what a crash has made of the head's file."""

import pytest

import sweeps
from payments import audit_chain, audit_state
from tests.commands.conftest import Ward

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def sealed(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of a payment, sealed and anchored."""
    monkeypatch.setattr(audit_chain, "SETTLED_SECONDS", -1)
    ward.pay()
    with ward.house.app_context():
        sweeps.seal_audit_rows()


def test_a_whole_chain_holds(ward: Ward) -> None:
    told = ward.run("audit", "verify")
    assert told.code == 0, told.said
    assert "seals hold" in told.said


def test_a_torn_last_line_is_told_and_loses_no_later_one(ward: Ward) -> None:
    head = ward.data_dir / "audit_head.log"
    whole = head.read_bytes()
    head.write_bytes(whole + b'{"seal": 99, "dig')
    told = ward.run("audit", "verify")
    assert told.code == 0, told.said
    assert f"Line {whole.count(10) + 1} of {head} is torn" in told.said
    ward.pay()
    with ward.house.app_context():
        sweeps.seal_audit_rows()
    assert max(audit_chain.read_head(head).digests) > whole.count(10)
    assert ward.run("audit", "verify").code == 0
    lines = head.read_bytes().splitlines(keepends=True)
    head.write_bytes(b"".join(line for line in lines if not line.startswith(b'{"seal": 99')))


def test_a_seal_that_the_head_has_otherwise_is_named(ward: Ward) -> None:
    head = ward.data_dir / "audit_head.log"
    whole = head.read_bytes()
    head.write_bytes(whole.replace(b'"digest":"', b'"digest":"0', 1))
    told = ward.run("audit", "verify")
    head.write_bytes(whole)
    assert told.code == 1
    assert "the seal is not the one in the head's file" in told.said
    assert ward.run("doctor", "--only", "chain").code == 0


def test_without_a_head_it_says_what_would_not_show(ward: Ward) -> None:
    head = ward.data_dir / "audit_head.log"
    aside = head.rename(head.with_suffix(".aside"))
    told = ward.run("audit", "verify")
    aside.rename(head)
    assert told.code == 0
    assert "anchors nothing yet" in told.said


def test_the_dashboard_is_told_what_came_of_it(ward: Ward) -> None:
    assert ward.run("audit", "verify").code == 0
    held = audit_state.noted(ward.data_dir)
    assert held is not None
    assert (held.broken_seal, held.seals >= 1) == (None, True)
    head = ward.data_dir / "audit_head.log"
    whole = head.read_bytes()
    head.write_bytes(whole.replace(b'"digest":"', b'"digest":"0', 1))
    assert ward.run("audit", "verify").code == 1
    head.write_bytes(whole)
    broken = audit_state.noted(ward.data_dir)
    assert broken is not None
    assert broken.broken_seal is not None
