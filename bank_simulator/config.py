"""The bank's own settings, read from the environment; a bad value is refused in one clear line."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bank_simulator.houses import house_of
from bank_simulator.issuer import Limits

LONGEST_LATENCY_MS = 60_000
THREADS = 16
SLEEPING_THREADS = 64  # a thread that only waits out the latency costs little, and callers wait for it


class BadSetting(Exception):
    """A setting that the bank cannot start with; its text is meant for a person."""


@dataclass(frozen=True)
class BankSettings:
    """`secret` is the bearer token of callers, `card_key` keys the fingerprints of card numbers."""

    secret: str = field(repr=False)
    card_key: bytes = field(repr=False)
    database_url: str = field(repr=False)
    port: int = 8001
    later_seconds: int = 1
    name: str = "piggy_bank"
    public_url: str | None = None
    challenge_seconds: int = 600
    notice_url: str = "http://127.0.0.1:8000/webhooks/bank"
    latency_ms: int = 0
    workers: int = 1
    threads: int = THREADS
    limits: Limits = field(default_factory=Limits)


def read_settings(environ: Mapping[str, str] | None = None) -> BankSettings:
    """Reads BANK_* and DATA_DIR. Secrets that are not given are made once and kept in DATA_DIR/secrets."""
    given = os.environ if environ is None else environ
    folder = Path(given.get("DATA_DIR") or "data")
    limits, name = Limits(), _name(given)
    velocity_count = house_of(name).velocity_count or limits.velocity_count
    latency_ms = _integer(given, "BANK_LATENCY_MS", 0, 0, LONGEST_LATENCY_MS)
    return BankSettings(
        secret=given.get("BANK_SECRET") or _kept_secret(folder / "secrets", "bank_secret"),
        card_key=(given.get("BANK_CARD_KEY") or _kept_secret(folder / "secrets", "bank_card_key")).encode(),
        database_url=given.get("BANK_DATABASE_URL") or _sqlite_in(folder),
        port=_integer(given, "BANK_PORT", 8001, 1, 65_535),
        later_seconds=_integer(given, "BANK_LATER_SECONDS", 1, 0, 10**6),
        name=name,
        public_url=_public_url(given),
        challenge_seconds=_integer(given, "BANK_CHALLENGE_SECONDS", 600, 1, 86_400),
        notice_url=_notice_url(given),
        latency_ms=latency_ms,
        workers=_integer(given, "BANK_WORKERS", 1, 1, 64),
        threads=_integer(given, "BANK_THREADS", SLEEPING_THREADS if latency_ms else THREADS, 1, 512),
        limits=Limits(
            balance_minor=_integer(given, "BANK_BALANCE_MINOR", limits.balance_minor, 0, 10**15),
            transaction_minor=_integer(given, "BANK_TRANSACTION_MINOR", limits.transaction_minor, 0, 10**12),
            velocity_count=_integer(given, "BANK_VELOCITY_COUNT", velocity_count, 0, 10**9),
            velocity_window_seconds=_integer(
                given, "BANK_VELOCITY_WINDOW_SECONDS", limits.velocity_window_seconds, 1, 10**8
            ),
        ),
    )


def _name(given: Mapping[str, str]) -> str:
    name = given.get("BANK_NAME") or BankSettings.name
    if re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name) is None:
        raise BadSetting(f"BANK_NAME has to be a short word of a-z, 0-9 and _, not {name!r}.")
    return name


def _public_url(given: Mapping[str, str]) -> str | None:
    url = given.get("BANK_PUBLIC_URL")
    return _address("BANK_PUBLIC_URL", url).rstrip("/") if url else None


def _notice_url(given: Mapping[str, str]) -> str:
    port = _integer(given, "PORT", 8000, 1, 65_535)
    return _address(
        "BANK_NOTICE_URL", given.get("BANK_NOTICE_URL") or f"http://127.0.0.1:{port}/webhooks/bank"
    )


def _address(name: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadSetting(f"{name} has to be an http or https address, not {url!r}.")
    return url


def _integer(given: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    text = given.get(name, "").strip()
    if not text:
        return default
    if re.fullmatch(r"[0-9]{1,18}", text) is None or not lowest <= int(text) <= highest:
        raise BadSetting(f"{name} has to be a whole number from {lowest} to {highest}, not {text!r}.")
    return int(text)


def _sqlite_in(folder: Path) -> str:
    _make_folder(folder)
    return f"sqlite:///{(folder / 'bank.sqlite3').resolve()}"


def _kept_secret(folder: Path, name: str) -> str:
    """Made under another name and linked into place, so that two processes that start at once agree."""
    _make_folder(folder)
    path = folder / name
    try:
        if not path.exists():
            draft = folder / f".{name}.{secrets.token_hex(8)}"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
                file.flush()
                os.fsync(file.fileno())
            try:
                _link_unless_there(draft, path)
            finally:
                draft.unlink()
        kept = path.read_text(encoding="ascii").strip()
    except OSError as problem:
        raise BadSetting(f"The bank cannot keep its secret in {path}: {problem.strerror}.") from problem
    if not kept:
        raise BadSetting(f"{path} is empty; delete it and the bank makes a new one.")
    return kept


def _link_unless_there(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return  # another process was first, and its secret is the one to read


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise BadSetting(
            f"The bank cannot use DATA_DIR {folder}: {problem.strerror or problem}."
        ) from problem
