"""The settings of letters: which mail server takes them, and what becomes of them without one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from config_values import BadSetting, integer

HOST = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z.-]{0,252}[0-9A-Za-z])?|[0-9A-Fa-f:.]{2,45}")
SENDER = re.compile(r"[0-9A-Za-z.!#$%&*+/=?^_{|}~-]{1,64}@[0-9A-Za-z.-]{1,253}")
PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How letters leave; without a server they are files. `test_mode` says what test mode's become."""

    server: str | None
    port: int
    username: str | None
    password: str | None = field(repr=False)
    security: Literal["starttls", "tls", "none"]
    sender: str
    timeout_seconds: int
    test_mode: Literal["file", "send"]


def load(env: Mapping[str, str], *, host: str) -> MailSettings:
    """Return the mail settings of an environment; customers reach Florin at `host`. Raises BadSetting."""
    server = env.get("MAIL_SERVER") or None
    if server is not None and HOST.fullmatch(server) is None:
        raise BadSetting(f"MAIL_SERVER must be the name or the address of a host, not {server!r}")
    security = env.get("MAIL_SECURITY") or "starttls"
    if security not in PORTS:
        raise BadSetting(f"MAIL_SECURITY must be starttls, tls or none, not {security!r}")
    username, password = env.get("MAIL_USERNAME") or None, env.get("MAIL_PASSWORD") or None
    if (username is None) != (password is None):
        raise BadSetting("MAIL_USERNAME and MAIL_PASSWORD go together; only one of them is set")
    if username is not None and security == "none" and server not in LOOPBACK:
        raise BadSetting("MAIL_SECURITY=none would send MAIL_PASSWORD in clear text")
    sender = env.get("MAIL_SENDER") or f"receipts@{host}"
    if SENDER.fullmatch(sender) is None:
        if server is None:
            sender = "receipts@localhost"  # PUBLIC_URL is a bare IPv6 address, and nothing is sent
        else:
            raise BadSetting(f"MAIL_SENDER must be an address such as receipts@example.com, not {sender!r}")
    test_mode = env.get("MAIL_TEST_MODE") or "file"
    if test_mode not in ("file", "send"):
        raise BadSetting(f"MAIL_TEST_MODE must be file or send, not {test_mode!r}")
    return MailSettings(
        server=server,
        port=integer(env, "MAIL_PORT", PORTS[security], 1, 65535),
        username=username,
        password=password,
        security=cast("Literal['starttls', 'tls', 'none']", security),
        sender=sender,
        timeout_seconds=integer(env, "MAIL_TIMEOUT_SECONDS", 20, 1, 120),
        test_mode=cast("Literal['file', 'send']", test_mode),
    )
