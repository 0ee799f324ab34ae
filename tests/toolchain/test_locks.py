"""The locks pin every package by hash, name no private place, and agree with one another."""

import hashlib
import re

import pytest

from launcher import environment
from launcher.places import ROOT

LOCKS = (environment.SERVING, environment.TESTING)
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==([^ ;]+)", re.MULTILINE)


def pins(lock_name: str) -> dict[str, str]:
    return dict(PINNED.findall((ROOT / lock_name).read_text()))


@pytest.mark.parametrize("lock_name", LOCKS)
def test_every_requirement_is_pinned_by_version_and_hash(lock_name: str) -> None:
    text = (ROOT / lock_name).read_text()
    requirements = re.split(r"\n(?=[a-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    for requirement in requirements:
        assert PINNED.match(requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


@pytest.mark.parametrize("lock_name", LOCKS)
def test_no_lock_names_an_index_an_address_or_a_path(lock_name: str) -> None:
    assert not re.search(r"://|--index|--find-links|--trusted|^-|file:|/tmp/", (ROOT / lock_name).read_text())


def test_the_tests_lock_holds_the_serving_lock_at_the_same_versions() -> None:
    serving, testing = pins(environment.SERVING), pins(environment.TESTING)
    assert serving.items() <= testing.items()


@pytest.mark.parametrize("lock_name", LOCKS)
def test_what_is_asked_for_is_locked(lock_name: str) -> None:
    asked = (ROOT / lock_name.replace(".txt", ".in")).read_text()
    names = re.findall(r"^([a-z][a-z0-9-]*)", asked, re.MULTILINE)
    assert names
    assert set(names) <= pins(lock_name).keys()


def test_the_bundled_pip_is_the_one_that_the_launcher_expects() -> None:
    assert hashlib.sha256(environment.PIP.read_bytes()).hexdigest() == environment.PIP_SHA256
