"""`florin contracts`: an operator sees, signs and suspends them."""

import re

import pytest

from tests.commands.conftest import Ward

pytestmark = pytest.mark.slow


def test_a_new_merchant_has_one_with_each_acquirer(ward: Ward) -> None:
    (line,) = ward.run("contracts", "list", ward.account_id).said.splitlines()
    assert "piggy_bank" in line
    assert "active, priority 10, weight 100; currencies: all; brands: all; methods: all" in line


def test_one_is_signed_suspended_and_resumed(ward: Ward) -> None:
    terms = "--currency EUR --brand visa --priority 3 --weight 7 --merchant-id mid_1".split()
    told = ward.run("contracts", "sign", ward.account_id, "piggy_bank", *terms)
    assert told.code == 0, told.said
    assert "piggy_bank as mid_1, active, priority 3, weight 7; currencies: eur; brands: visa" in told.said
    signed = re.match(r"ctr_[0-9A-Za-z]+", told.said)
    assert signed is not None
    assert "suspended" in ward.run("contracts", "suspend", signed[0]).said
    assert ", active," in ward.run("contracts", "resume", signed[0]).said


def test_what_does_not_exist_is_refused_in_one_line(ward: Ward) -> None:
    for arguments in (
        ("sign", ward.account_id, "a_bank_of_nobody"),
        ("sign", "acct_of_nobody", "piggy_bank"),
        ("suspend", "ctr_none"),
    ):
        told = ward.run("contracts", *arguments)
        assert told.code in (1, 2)
        assert "Error: " in told.said
        assert "Traceback" not in told.said


def test_help_names_every_command(ward: Ward) -> None:
    said = ward.run("--help").said
    for name in ("audit", "contracts", "doctor", "reconcile", "settle"):
        assert name in said
