"""Any sequence of calls, with any answer of the bank's lost, leaves Florin as the pure model says."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.house import House, one_process
from tests.model.machine import PaymentsMachine

pytestmark = [pytest.mark.slow, pytest.mark.patient]

SHARDS = 10
STEPS_OF_A_SHARD = 5_000  # 50,000 in all, spread over the machine's cores
RULES_OF_AN_EXAMPLE = 50
STEPS_OF_AN_EXAMPLE = 80  # about so many: a rule may make a few calls
MEMORY = Path("/dev/shm")  # what counts here is the logic, not the disk


@pytest.fixture
def house() -> Iterator[House]:
    where = MEMORY if MEMORY.is_dir() else None
    with TemporaryDirectory(dir=where) as folder, one_process(Path(folder)) as running:
        yield running


@pytest.mark.parametrize("shard", range(SHARDS))
def test_payments_follow_the_model(house: House, shard: int) -> None:
    class Machine(PaymentsMachine):
        """This shard's own count."""

    Machine.house = house
    chosen = settings(
        stateful_step_count=RULES_OF_AN_EXAMPLE,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    round_number = 0
    while Machine.steps < STEPS_OF_A_SHARD:
        left = STEPS_OF_A_SHARD - Machine.steps
        seeded = seed(shard * 1_000 + round_number)(Machine)
        run_state_machine_as_test(
            seeded, settings=settings(chosen, max_examples=left // STEPS_OF_AN_EXAMPLE + 1)
        )
        round_number += 1
