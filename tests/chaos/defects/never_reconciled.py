"""Questions without an answer are left as they are."""

import sweeps
from tests.chaos.defects.planting import wrap


def plant() -> None:
    wrap(sweeps, "kick_if_open", lambda _: lambda: None)
