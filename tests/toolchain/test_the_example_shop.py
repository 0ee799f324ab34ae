"""The example shops say in one line what they lack."""

import os
import subprocess
import sys

import pytest

from launcher.places import ROOT
from tests.support.ports import free_port


@pytest.mark.parametrize("key", [None, ""])
def test_without_a_key_the_shop_says_which_one_it_needs(key: str | None) -> None:
    inherited = {name: value for name, value in os.environ.items() if name != "STRIPE_SECRET_KEY"}
    given = inherited if key is None else {**inherited, "STRIPE_SECRET_KEY": key}
    shop = [sys.executable, str(ROOT / "docs" / "examples" / "merchant.py")]
    done = subprocess.run(shop, env=given, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("merchant.py: set STRIPE_SECRET_KEY")


@pytest.mark.parametrize("lacking", ["STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY"])
def test_the_framed_shop_says_which_keys_it_needs(lacking: str) -> None:
    given = {
        **os.environ,
        "STRIPE_SECRET_KEY": "sk_test_1",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_1",
        lacking: "",
    }
    shop = [sys.executable, str(ROOT / "docs" / "examples" / "embedded.py")]
    done = subprocess.run(shop, env=given, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("embedded.py: set STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY")


def test_the_shop_says_that_no_florin_answers() -> None:
    given = {
        **os.environ,
        "STRIPE_SECRET_KEY": "sk_test_1",
        "FLORIN_URL": f"http://127.0.0.1:{free_port()}",
        "WEBHOOK_SECRET": "",
    }
    shop = [sys.executable, str(ROOT / "docs" / "examples" / "merchant.py")]
    done = subprocess.run(shop, env=given, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"merchant.py: no Florin answers at {given['FLORIN_URL']}")
