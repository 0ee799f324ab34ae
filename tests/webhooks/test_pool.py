"""The pool of daemon threads: as many at once as asked for, none more, and none that holds up an end."""

import subprocess
import sys
import threading
from collections import Counter

from kit.pool import DaemonPool
from launcher.places import ROOT

WAIT_SECONDS = 20.0


def test_tasks_run_side_by_side_up_to_the_size_of_the_pool() -> None:
    together = threading.Barrier(4)
    left = threading.Semaphore(0)

    def task() -> None:
        together.wait(WAIT_SECONDS)
        left.release()

    with DaemonPool(3, name="test") as pool:
        for _ in range(6):  # two rounds of three, with this thread as the fourth
            pool.submit(task)
        for _ in range(2):
            together.wait(WAIT_SECONDS)
        for _ in range(6):
            assert left.acquire(timeout=WAIT_SECONDS)


def test_a_thread_that_is_free_is_used_again() -> None:
    names: Counter[int] = Counter()
    done = threading.Semaphore(0)

    def task() -> None:
        names[threading.get_ident()] += 1
        done.release()

    with DaemonPool(50, name="test") as pool:
        for _ in range(200):
            pool.submit(task)
            assert done.acquire(timeout=WAIT_SECONDS)
    # A thread says that it is free a moment after its task is done, so now and then one more is started.
    assert len(names) < 50


def test_a_task_that_hangs_does_not_keep_its_process_alive() -> None:
    program = (
        "import threading; from kit.pool import DaemonPool\n"
        "with DaemonPool(1, name='x') as pool: pool.submit(threading.Event().wait)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=WAIT_SECONDS, check=False)
    assert done.returncode == 0
