"""`./run demo` plays a whole purchase and prints each step, on an instance that runs or on one of its own."""

from pathlib import Path

import pytest

from launcher.stack import is_healthy
from tests.support import launched

pytestmark = pytest.mark.slow

STEPS = ("Shop", "Session", "Page", "Customer", "Thanks", "Bank", "Webhook", "Refund", "Webhook", "Done")


def steps_of(said: str) -> tuple[str, ...]:
    return tuple(line.split()[0] for line in said.splitlines() if line and line.split()[0] in STEPS)


def test_the_demo_brings_its_own_florin_and_takes_it_away_again(tmp_path: Path) -> None:
    done = launched.command("demo", data_dir=tmp_path / "data")
    assert done.returncode == 0, done
    assert steps_of(done.stdout) == STEPS
    assert "signature verified: the order is paid" in done.stdout
    assert "approved" in done.stdout
    assert not (tmp_path / "data" / "demo.json").exists()


def test_the_demo_uses_the_florin_that_runs_and_leaves_it_running(tmp_path: Path) -> None:
    with launched.serving(tmp_path) as florin:
        demo = florin.demo()
        ports = {
            "PORT": demo["base_url"].rpartition(":")[2],
            "BANK_PORT": demo["bank_url"].rpartition(":")[2],
        }
        done = launched.command("demo", data_dir=florin.data_dir, **ports)
        assert done.returncode == 0, done
        assert steps_of(done.stdout) == STEPS
        assert "starting one" not in done.stdout
        assert is_healthy(f"{demo['base_url']}/health")
