"""Days that pass at the banks while orders go on: debits are collected, deadlines missed, files closed."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from tests.chaos.house import BankPlace

DAY_SECONDS = 86_400
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.1
# After such a part of the orders so many days pass at once, with one cut-off.
PASSING = ((0.3, 1), (0.6, 5), (0.85, 2))
# And after the last order: until every debit is collected and every deadline over; then its files are closed.
AT_THE_END = (9, 1)


def pass_by(banks: Sequence[BankPlace], part: Callable[[], float], over: threading.Event) -> None:
    """Let days pass as the orders go on; `part` tells how far they are."""
    for due, days in PASSING:
        while part() < due and not over.wait(PAUSE_SECONDS):
            pass
        if part() < due:
            return
        advance(banks, days)


def end(banks: Sequence[BankPlace]) -> None:
    """Let so many days pass that nothing is left to wait for."""
    for days in AT_THE_END:
        advance(banks, days)


def advance(banks: Sequence[BankPlace], days: int) -> None:
    """Move each bank's clock; what fell due by it has then been done. A dead one is asked again."""
    for bank in banks:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _advanced(bank, days):
            assert time.monotonic() < deadline, f"the clock of {bank.name} can't be moved"
            time.sleep(PAUSE_SECONDS)


def _advanced(bank: BankPlace, days: int) -> bool:
    address = urlsplit(bank.url)
    line = http.client.HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE_SECONDS)
    headers = {"Authorization": f"Bearer {bank.secret}", "Content-Type": "application/json"}
    try:
        line.request("POST", "/v1/clock", json.dumps({"advance_seconds": days * DAY_SECONDS}), headers)
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
