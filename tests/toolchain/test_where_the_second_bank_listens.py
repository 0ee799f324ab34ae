"""The second bank's port: far from the neighbours', never another part's, moved aside where it is busy."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from launcher import places
from launcher.places import LOOPBACK, Place
from launcher.refusal import Refusal
from tests.support.ports import free_port


def place(tmp_path: Path, **variables: str) -> Place:
    return places.from_environment({"DATA_DIR": str(tmp_path), **variables})


def test_it_is_a_thousand_above_the_first_unless_that_is_taken(tmp_path: Path) -> None:
    assert place(tmp_path).bank2_port == 9001
    assert place(tmp_path, PORT="9001").bank2_port == 7001
    assert place(tmp_path, BANK_PORT="65000").bank2_port == 64000
    assert place(tmp_path, BANK2_PORT="8002").bank2_port == 8002


def test_it_moves_aside_where_nobody_said_where_it_has_to_be(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        busy: int = other.getsockname()[1]
        ports = {"PORT": str(free_port()), "BANK_PORT": str(free_port())}
        chosen = place(tmp_path, **ports, BANK2_PORT=str(busy))
        with pytest.raises(Refusal, match="BANK2_PORT"):
            places.with_free_ports(chosen)
        unchosen = replace(chosen, bank2_port_given=False)
        assert places.with_free_ports(unchosen).bank2_port != busy


def test_without_a_second_acquirer_there_is_no_second_bank(tmp_path: Path) -> None:
    assert place(tmp_path).has_bank2
    assert not place(tmp_path, ACQUIRERS="piggy_bank").has_bank2
