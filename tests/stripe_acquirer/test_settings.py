"""Stripe's settings: a live key is refused unless it is allowed, no key shows, none means no acquirer."""

from pathlib import Path

import pytest

from config import BadSetting, Settings, load

KEY = "sk_test_abcdefghijklmnop"


def settings(folder: Path, **given: str) -> Settings:
    return load({"DATA_DIR": str(folder), **given})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_without_a_key_there_is_no_such_acquirer(folder: Path) -> None:
    assert settings(folder).stripe is None
    with pytest.raises(BadSetting, match="needs STRIPE_SECRET_KEY"):
        settings(folder, ACQUIRERS="piggy_bank,stripe")


def test_a_test_key_is_enough(folder: Path) -> None:
    found = settings(folder, STRIPE_SECRET_KEY=KEY).stripe
    assert found is not None
    assert (found.mode, found.api_base, found.webhook_secret) == ("direct", "https://api.stripe.com", None)
    assert settings(folder, STRIPE_SECRET_KEY=KEY, ACQUIRERS="stripe").acquirers == ("stripe",)


@pytest.mark.parametrize("key", ["sk_live_abcdefghijklmnop", "rk_live_abcdefghijklmnop"])
def test_a_live_key_is_refused_unless_it_is_allowed(folder: Path, key: str) -> None:
    given = {"STRIPE_SECRET_KEY": key, "STRIPE_WEBHOOK_SECRET": "whsec_abc", "STRIPE_MODE": "redirect"}
    for allowed in ({}, {"STRIPE_ALLOW_LIVE": "false"}, {"STRIPE_ALLOW_LIVE": ""}):
        with pytest.raises(BadSetting, match="live key") as refused:
            settings(folder, **given, **allowed)
        assert "abcdefgh" not in str(refused.value)
    assert settings(folder, **given, STRIPE_ALLOW_LIVE="true").stripe is not None
    with pytest.raises(BadSetting, match="no live key takes"):
        settings(folder, **(given | {"STRIPE_MODE": "direct"}), STRIPE_ALLOW_LIVE="true")


@pytest.mark.parametrize(
    "key",
    [
        "pk_test_abcdefghijklmnop",
        "sk_test_abc",
        "abcdefghijklmnop",
        "sk_test_abcdefgh\nijkl",
        "sk_test_é" * 9,
    ],
)
def test_what_is_no_secret_key_is_refused_and_not_repeated(folder: Path, key: str) -> None:
    with pytest.raises(BadSetting) as refused:
        settings(folder, STRIPE_SECRET_KEY=key)
    assert key not in str(refused.value)


def test_the_redirect_needs_the_webhooks_secret(folder: Path) -> None:
    with pytest.raises(BadSetting, match="needs STRIPE_WEBHOOK_SECRET"):
        settings(folder, STRIPE_SECRET_KEY=KEY, STRIPE_MODE="redirect")


@pytest.mark.parametrize(
    "wrong",
    [{"STRIPE_MODE": "both"}, {"STRIPE_WEBHOOK_SECRET": "secret"}, {"STRIPE_API_BASE": "api.stripe.com"},
     {"STRIPE_ALLOW_LIVE": "perhaps", "STRIPE_SECRET_KEY": "sk_live_abcdefghijklmnop"}],
    ids=["mode", "secret", "address", "flag"],
)  # fmt: skip
def test_a_bad_setting_is_refused_by_its_name(folder: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(BadSetting, match=next(iter(wrong))):
        settings(folder, **({"STRIPE_SECRET_KEY": KEY} | wrong))


def test_no_repr_shows_a_key(folder: Path) -> None:
    found = settings(folder, STRIPE_SECRET_KEY=KEY, STRIPE_WEBHOOK_SECRET="whsec_abc")
    assert KEY not in repr(found)
    assert "whsec_abc" not in repr(found)
