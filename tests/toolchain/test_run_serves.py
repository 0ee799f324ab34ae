"""`./run` brings up everything a newcomer needs, says where it is, and takes it all away again."""

import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.stack import is_healthy
from tests.support import launched
from tests.support.launched import Launched
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def florin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    with launched.serving(
        tmp_path_factory.mktemp("florin"), DEMO_SECRET_KEY="sk_test_given_by_the_test"
    ) as running:
        yield running


def part(running: Launched, module: str) -> int:
    """The process that was started as `python -m module`; it has the lowest id of those with that command."""
    return min(pid for pid, command in running.parts().items() if f"-m {module}" in command)


def test_it_says_where_the_api_is_and_which_keys_and_cards_to_use(florin: Launched) -> None:
    said = florin.said()
    assert f"{florin.demo()['base_url']}/v1" in said
    assert "sk_test_given_by_the_test" in said
    assert f"{florin.demo()['base_url']}/dashboard" in said
    assert florin.demo()["dashboard_password"] in said
    assert "4242 4242 4242 4242" in said
    assert "insufficient funds" in said


def test_demo_json_tells_scripts_where_it_serves_and_is_for_the_owner_only(florin: Launched) -> None:
    demo = florin.demo()
    assert is_healthy(f"{demo['base_url']}/health")
    assert is_healthy(f"{demo['bank_url']}/health")
    assert is_healthy(demo["dashboard_url"])
    assert demo["secret_key"] == "sk_test_given_by_the_test"
    assert demo["publishable_key"].startswith("pk_test_")
    assert stat.S_IMODE((florin.data_dir / "demo.json").stat().st_mode) == 0o600


def test_the_curl_line_that_it_prints_creates_a_session_when_pasted(florin: Launched) -> None:
    (line,) = [line.strip() for line in florin.said().splitlines() if line.strip().startswith("curl ")]
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)
    session = json.loads(done.stdout)
    assert session["object"] == "checkout.session"
    assert session["url"].startswith(f"{florin.demo()['base_url']}/c/pay/cs_test_")
    assert session["amount_total"] == 2000


def test_a_second_one_in_the_same_data_folder_is_refused_in_one_line(florin: Launched) -> None:
    done = launched.command(data_dir=florin.data_dir)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"another Florin (process {florin.process.pid}) already runs" in done.stderr
    assert is_healthy(f"{florin.demo()['base_url']}/health")


def test_ctrl_c_stops_all_that_it_started(tmp_path: Path) -> None:
    with launched.serving(tmp_path) as running:
        assert running.parts()
        assert running.end(signal.SIGINT) == 0
        assert not running.parts()
        assert not (running.data_dir / "demo.json").exists()
        assert "Traceback" not in running.said()


def test_its_keys_outlive_a_restart(tmp_path: Path) -> None:
    with launched.serving(tmp_path) as first:
        keys = first.demo()["secret_key"], first.demo()["publishable_key"]
    with launched.serving(tmp_path) as second:
        assert (second.demo()["secret_key"], second.demo()["publishable_key"]) == keys


def test_a_second_ctrl_c_does_not_wait_for_a_part_that_hangs(tmp_path: Path) -> None:
    with launched.serving(tmp_path) as running:
        os.kill(part(running, "bank_simulator"), signal.SIGSTOP)
        running.process.send_signal(signal.SIGINT)
        wait_until(lambda: not (running.data_dir / "demo.json").exists(), "it has begun to stop")
        running.end(signal.SIGINT)
        assert not running.parts()


def test_parts_end_even_when_the_launcher_is_killed_outright(tmp_path: Path) -> None:
    with launched.serving(tmp_path) as running:
        running.end(signal.SIGKILL)
        wait_until(lambda: not running.parts(), "every part has noticed")


def test_when_a_part_dies_it_says_which_and_stops_the_rest(tmp_path: Path) -> None:
    with launched.serving(tmp_path) as running:
        os.kill(part(running, "bank_simulator"), signal.SIGKILL)
        assert running.process.wait(30) == 1
        assert "florin: the bank simulator stopped" in running.said()
        assert not running.parts()


def test_with_redis_a_worker_of_its_own_runs_the_jobs(tmp_path: Path, redis_url: str) -> None:
    with launched.serving(tmp_path, REDIS_URL=redis_url) as running:
        assert any("worker.py" in command for command in running.parts().values())


def test_on_postgresql_it_serves_with_as_many_processes_as_cores(
    tmp_path: Path, empty_postgres_url: str
) -> None:
    with launched.serving(tmp_path, DATABASE_URL=empty_postgres_url) as running:
        serving = [command for command in running.parts().values() if "-m serve" in command]
        assert len(serving) == 1 + (os.cpu_count() or 1)  # one that watches over the others
        assert is_healthy(f"{running.demo()['base_url']}/health")
        assert not list(running.data_dir.glob("florin.sqlite3"))
