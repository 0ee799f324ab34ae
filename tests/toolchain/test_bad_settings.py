"""A setting that Florin can't start with is refused by its name, whatever it holds."""

from pathlib import Path

import pytest

from config import BadSetting, load

KEY = "7a" * 32


@pytest.mark.parametrize(
    "keys",
    [f"\u0662:{KEY}", f"\u00b2:{KEY}", f"one:{KEY}", KEY, "1:", f"1:{'é' * 64}", f"1:{KEY},", f":{KEY}"],
)
def test_vault_keys_that_are_none(tmp_path: Path, keys: str) -> None:
    with pytest.raises(BadSetting, match="VAULT_KEYS"):
        load({"DATA_DIR": str(tmp_path), "VAULT_KEYS": keys})


def test_vault_keys_by_their_version(tmp_path: Path) -> None:
    keys = load({"DATA_DIR": str(tmp_path), "VAULT_KEYS": f"1:{KEY},12:{'b0' * 32}"}).vault_keys
    assert sorted(keys) == [1, 12]


@pytest.mark.parametrize("names", ["a_bank", "piggy_bank,piggy_bank", ",", "piggy_bank;cuckoo_bank"])
def test_acquirers_that_nobody_knows(tmp_path: Path, names: str) -> None:
    with pytest.raises(BadSetting, match="ACQUIRERS"):
        load({"DATA_DIR": str(tmp_path), "ACQUIRERS": names})


def test_acquirers_in_their_order(tmp_path: Path) -> None:
    given = {"DATA_DIR": str(tmp_path)}
    assert load(given).acquirers == ("piggy_bank", "cuckoo_bank")
    assert load({**given, "ACQUIRERS": "cuckoo_bank, piggy_bank"}).acquirers == ("cuckoo_bank", "piggy_bank")
