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


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"MAIL_SERVER": "mail example"}, "MAIL_SERVER"),
        ({"MAIL_SERVER": "mail.example", "MAIL_PORT": "0"}, "MAIL_PORT"),
        ({"MAIL_SERVER": "mail.example", "MAIL_SECURITY": "ssl3"}, "MAIL_SECURITY"),
        ({"MAIL_SERVER": "mail.example", "MAIL_USERNAME": "florin"}, "MAIL_PASSWORD"),
        (
            {
                "MAIL_SERVER": "mail.example",
                "MAIL_SECURITY": "none",
                "MAIL_USERNAME": "a",
                "MAIL_PASSWORD": "b",
            },
            "MAIL_SECURITY",
        ),
        ({"MAIL_SERVER": "mail.example", "MAIL_SENDER": "receipts@example.com\r\nBcc: a@b"}, "MAIL_SENDER"),
        ({"MAIL_TEST_MODE": "both"}, "MAIL_TEST_MODE"),
        ({"MAIL_TIMEOUT_SECONDS": "never"}, "MAIL_TIMEOUT_SECONDS"),
        ({"ATTEMPT_LIMITS": "none"}, "ATTEMPT_LIMITS"),
        ({"DECLINES_PER_RANGE": "0"}, "DECLINES_PER_RANGE"),
        ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES"),
    ],
    ids=str,
)
def test_settings_of_trust_that_make_no_sense(tmp_path: Path, given: dict[str, str], named: str) -> None:
    with pytest.raises(BadSetting, match=named):
        load({"DATA_DIR": str(tmp_path), **given})


def test_mail_has_the_usual_ports_and_shows_no_password(tmp_path: Path) -> None:
    given = {"DATA_DIR": str(tmp_path), "MAIL_SERVER": "mail.example", "PUBLIC_URL": "https://pay.example"}
    mail = load({**given, "MAIL_USERNAME": "florin", "MAIL_PASSWORD": "tulip"}).mail
    assert (mail.port, mail.sender, "tulip" in repr(mail)) == (587, "receipts@pay.example", False)
    assert load({**given, "MAIL_SECURITY": "tls"}).mail.port == 465
