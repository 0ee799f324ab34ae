"""The demo merchant is made once, its keys stay the same, and they are readable by their owner alone."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import seed
from app import create_app
from config import Settings, load
from kit import database
from kit.database import db
from launcher.places import ROOT
from migrations import upgrade
from payments.merchants import ApiKey, User, hash_key
from payments.scope import Caller, acting_as
from tests.support.gateway import SECRETS

pytestmark = pytest.mark.slow

OWN_KEY = "sk_test_MadeUpForThisTestAlone"


@pytest.fixture(params=["sqlite", "postgresql"])
def variables(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """An environment whose database is migrated and has no merchant yet."""
    url = f"sqlite:///{tmp_path}/florin.sqlite3"
    if request.param == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")
    upgrade(url)
    return {**SECRETS, "DATABASE_URL": url, "DATA_DIR": str(tmp_path), "RUN_JOBS_HERE": "false"}


@pytest.fixture
def settings(variables: dict[str, str]) -> Settings:
    return load(variables)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    with app.app_context():
        db.engine.dispose()


def status_of(client: FlaskClient, key: str) -> int:
    return client.get("/v1/customers", headers={"Authorization": f"Bearer {key}"}).status_code


def test_the_secret_key_works_and_the_publishable_key_is_known_as_such(
    settings: Settings, client: FlaskClient
) -> None:
    facts = seed.seed(settings)
    assert facts["secret_key"].startswith("sk_test_")
    assert facts["publishable_key"].startswith("pk_test_")
    assert status_of(client, facts["secret_key"]) == 200
    assert status_of(client, facts["publishable_key"]) == 403


def test_a_second_start_gives_the_same_facts(settings: Settings) -> None:
    assert seed.seed(settings) == seed.seed(settings)


def test_the_file_is_for_its_owner_alone(settings: Settings) -> None:
    facts = seed.seed(settings)
    path = settings.data_dir / seed.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == facts


def test_the_user_may_sign_in_with_the_password(settings: Settings, app: Flask) -> None:
    facts = seed.seed(settings)
    with app.app_context():
        assert User.by_password(facts["dashboard_email"], facts["dashboard_password"]) is not None
        assert User.by_password(facts["dashboard_email"], "wrong") is None


def test_a_lost_file_brings_new_keys_and_a_new_password_while_the_old_key_fades(
    settings: Settings, app: Flask, client: FlaskClient
) -> None:
    first = seed.seed(settings)
    (settings.data_dir / seed.FILE).unlink()
    second = seed.seed(settings)
    assert second["secret_key"] != first["secret_key"]
    assert status_of(client, first["secret_key"]) == 200
    assert status_of(client, second["secret_key"]) == 200
    with app.app_context():
        assert User.by_password(seed.EMAIL, first["dashboard_password"]) is None
        assert User.by_password(seed.EMAIL, second["dashboard_password"]) is not None


def test_a_new_database_takes_the_keys_of_the_file(settings: Settings, variables: dict[str, str]) -> None:
    first = seed.seed(settings)
    url = f"sqlite:///{settings.data_dir}/another.sqlite3"
    upgrade(url)
    assert seed.seed(load({**variables, "DATABASE_URL": url})) == first


def test_a_given_key_takes_the_place_of_the_generated_one(
    settings: Settings, variables: dict[str, str], client: FlaskClient
) -> None:
    generated = seed.seed(settings)["secret_key"]
    given = load({**variables, "DEMO_SECRET_KEY": OWN_KEY})
    assert seed.seed(given)["secret_key"] == OWN_KEY
    assert seed.seed(given)["secret_key"] == OWN_KEY
    assert status_of(client, OWN_KEY) == 200
    assert status_of(client, generated) == 401


@pytest.mark.parametrize("grace_seconds", [0, 3600])
def test_a_rolled_key_stays_rolled_and_the_next_start_tells_a_fresh_one(
    settings: Settings, app: Flask, client: FlaskClient, grace_seconds: int
) -> None:
    rolled = seed.seed(settings)["secret_key"]
    with app.app_context():
        key = db.session.scalars(select(ApiKey).where(ApiKey.hashed == hash_key(rolled))).one()
        with acting_as(Caller(account_id=key.account_id, livemode=False, actor="test")):
            successor = key.roll(grace_seconds=grace_seconds)[1]
            database.commit()
        ends = key.expires_at
    fresh = seed.seed(settings)["secret_key"]
    assert fresh not in (rolled, successor)
    assert seed.seed(settings)["secret_key"] == fresh
    assert [status_of(client, key) for key in (fresh, successor)] == [200, 200]
    assert status_of(client, rolled) == (200 if grace_seconds else 401)
    with app.app_context():
        assert db.session.scalar(select(ApiKey.expires_at).where(ApiKey.hashed == hash_key(rolled))) == ends


def test_starts_at_the_same_moment_agree(settings: Settings, variables: dict[str, str]) -> None:
    environment = os.environ | variables
    running = [subprocess.Popen([sys.executable, "-m", "seed"], cwd=ROOT, env=environment) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    facts = json.loads((settings.data_dir / seed.FILE).read_text())
    assert seed.seed(settings) == facts


def test_a_database_without_tables_gets_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.sqlite3")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert seed.main() == 2
    assert capsys.readouterr().err.count("\n") == 1
