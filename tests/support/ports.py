"""Free ports on loopback, for servers that tests start."""

import socket

from launcher.places import LOOPBACK


def free_port() -> int:
    """The kernel hands out ports in turn, so one that is free now stays so while a server starts."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
