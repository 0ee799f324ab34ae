"""Environment -> frozen settings; refuses to start on a bad value."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

import config_mail
from config_mail import MailSettings
from config_values import BadSetting
from config_values import flag as _flag
from config_values import integer as _integer

__all__ = ["BadSetting", "MailSettings", "Settings", "StripeSettings", "load"]

KNOWN_ACQUIRERS = ("piggy_bank", "cuckoo_bank", "stripe")
USUAL_ACQUIRERS = ("piggy_bank", "cuckoo_bank")


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """Stripe as an acquirer; its keys show in no repr, and so in no log."""

    secret_key: str = field(repr=False)
    webhook_secret: str | None = field(repr=False)
    api_base: str
    mode: Literal["direct", "redirect"]


@dataclass(frozen=True, slots=True)
class Settings:
    """All that steers a process."""

    port: int
    data_dir: Path
    database_url: str
    redis_url: str | None
    public_url: str
    bank_url: str
    bank_secret: str
    bank2_url: str
    bank2_secret: str
    acquirers: tuple[str, ...]
    stripe: StripeSettings | None
    secret_key: str
    vault_keys: dict[int, bytes]
    fingerprint_key: bytes
    demo_secret_key: str | None
    bank_timeout_seconds: float
    web_places: int
    pool_size: int
    rate_limit_per_second: int
    attempt_limits: Literal["by_mode", "live", "off"]
    declines_per_range: int
    trusted_proxies: int
    run_jobs_here: bool
    spool_queries: bool
    cli_port: int
    cli_url: str
    cli_reconnect_seconds: int
    webhook_test_reach: Literal["public", "loopback", "private"]
    mail: MailSettings


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of an environment (the process's own by default); raises BadSetting."""
    env = os.environ if environ is None else environ
    data_dir = Path(env.get("DATA_DIR", "data")).resolve()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"DATA_DIR {data_dir} can't be used: {error.strerror}") from error
    port = _integer(env, "PORT", 8000, 1, 65535)
    bank_port = _integer(env, "BANK_PORT", 8001, 1, 65535)
    bank2_port = _integer(env, "BANK2_PORT", 9001, 1, 65535)
    cli_port = _integer(env, "CLI_PORT", 10_000, 1, 65535)
    public_url = _base_url(env, "PUBLIC_URL", f"http://127.0.0.1:{port}")
    return Settings(
        port=port,
        data_dir=data_dir,
        database_url=_database_url(env.get("DATABASE_URL") or f"sqlite:///{data_dir}/florin.sqlite3"),
        redis_url=env.get("REDIS_URL") or None,
        public_url=public_url,
        bank_url=_base_url(env, "BANK_URL", f"http://127.0.0.1:{bank_port}"),
        bank_secret=_secret(env, data_dir, "BANK_SECRET"),
        bank2_url=_base_url(env, "BANK2_URL", f"http://127.0.0.1:{bank2_port}"),
        bank2_secret=_secret(env, data_dir, "BANK2_SECRET"),
        acquirers=_acquirers(env),
        stripe=_stripe(env),
        secret_key=_secret(env, data_dir, "SECRET_KEY"),
        vault_keys=_vault_keys(env, data_dir),
        fingerprint_key=bytes.fromhex(_hex(_secret(env, data_dir, "FINGERPRINT_KEY"), "FINGERPRINT_KEY")),
        demo_secret_key=_demo_key(env.get("DEMO_SECRET_KEY") or None),
        bank_timeout_seconds=_integer(env, "BANK_TIMEOUT_MS", 20_000, 1, 120_000) / 1000,
        web_places=_integer(env, "WEB_PLACES", 2, 1, 256),
        pool_size=_integer(env, "POOL_SIZE", 16, 1, 512),
        rate_limit_per_second=_integer(env, "RATE_LIMIT_PER_SECOND", 0, 0, 1_000_000),
        attempt_limits=_attempt_limits(env),
        declines_per_range=_integer(env, "DECLINES_PER_RANGE", 100, 1, 1_000_000),
        trusted_proxies=_integer(env, "TRUSTED_PROXIES", 0, 0, 10),
        spool_queries=_flag(env, "SPOOL_QUERIES", default=False),
        run_jobs_here=_flag(env, "RUN_JOBS_HERE", default=not env.get("REDIS_URL")),
        webhook_test_reach=_webhook_test_reach(env),
        mail=config_mail.load(env, host=str(urlsplit(public_url).hostname)),
        cli_port=cli_port,
        cli_url=_base_url(env, "CLI_URL", f"ws://127.0.0.1:{cli_port}", schemes=("ws", "wss")),
        cli_reconnect_seconds=_integer(env, "CLI_RECONNECT_SECONDS", 60, 1, 3600),
    )


def _base_url(
    env: Mapping[str, str], name: str, default: str, *, schemes: tuple[str, str] = ("http", "https")
) -> str:
    url = (env.get(name) or default).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
        raise BadSetting(f"{name} must be an address of {schemes[0]} or {schemes[1]}, not {url!r}")
    return url


def _database_url(url: str) -> str:
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise BadSetting("DATABASE_URL must begin with sqlite:/// or postgresql://")
    return url


def _secret(env: Mapping[str, str], data_dir: Path, name: str) -> str:
    if env.get(name):
        return env[name]
    return _kept(data_dir / "secrets" / name.lower(), secrets.token_hex(32))


def _kept(path: Path, fresh: str) -> str:
    """Return a secret's file, made once; two processes at the same moment get the same one."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(fresh)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # Another process was first; its secret counts.
        finally:
            draft.unlink()
    return path.read_text().strip()


def _hex(text: str, name: str) -> str:
    try:
        long_enough = len(bytes.fromhex(text)) >= 32
    except ValueError:
        long_enough = False
    if not long_enough:
        raise BadSetting(f"{name} must be at least 32 bytes in hexadecimal")
    return text


def _vault_keys(env: Mapping[str, str], data_dir: Path) -> dict[int, bytes]:
    """Return the versioned master keys, written as `1:<64 hex>,2:<64 hex>`; the highest seals."""
    text = env.get("VAULT_KEYS") or _kept(data_dir / "secrets" / "vault_keys", f"1:{secrets.token_hex(32)}")
    keys = {}
    for part in text.split(","):
        version, _, key = part.strip().partition(":")
        if re.fullmatch(r"[0-9]{1,9}", version) is None or len(key) != 64:
            raise BadSetting("VAULT_KEYS must be a list such as 1:<64 hexadecimal digits>")
        keys[int(version)] = bytes.fromhex(_hex(key, "VAULT_KEYS"))
    return keys


def _webhook_test_reach(env: Mapping[str, str]) -> Literal["public", "loopback", "private"]:
    """Return how far from the public internet webhooks of test mode may go; live mode stays on it."""
    text = env.get("WEBHOOK_TEST_REACH") or "loopback"
    if text not in ("public", "loopback", "private"):
        raise BadSetting(f"WEBHOOK_TEST_REACH must be public, loopback or private, not {text!r}")
    return cast("Literal['public', 'loopback', 'private']", text)


def _attempt_limits(env: Mapping[str, str]) -> Literal["by_mode", "live", "off"]:
    """Return whose figures limit customers' tries (payments/charging/tries.py)."""
    text = env.get("ATTEMPT_LIMITS") or "by_mode"
    if text not in ("by_mode", "live", "off"):
        raise BadSetting(f"ATTEMPT_LIMITS must be by_mode, live or off, not {text!r}")
    return cast("Literal['by_mode', 'live', 'off']", text)


def _acquirers(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the acquirers of this installation; a new merchant gets a contract with each."""
    names = [name.strip() for name in (env.get("ACQUIRERS") or ",".join(USUAL_ACQUIRERS)).split(",")]
    if not set(names) <= set(KNOWN_ACQUIRERS) or len(set(names)) != len(names):
        known = ", ".join(KNOWN_ACQUIRERS)
        raise BadSetting(f"ACQUIRERS must be a list of some of {known}, not {env.get('ACQUIRERS')!r}")
    return tuple(names)


def _stripe(env: Mapping[str, str]) -> StripeSettings | None:
    key, mode = env.get("STRIPE_SECRET_KEY") or None, env.get("STRIPE_MODE") or "direct"
    if mode not in ("direct", "redirect"):
        raise BadSetting(f"STRIPE_MODE must be direct or redirect, not {mode!r}")
    if key is None:
        if "stripe" in _acquirers(env):
            raise BadSetting("ACQUIRERS names stripe, which needs STRIPE_SECRET_KEY")
        return None
    if re.fullmatch(r"(sk|rk)_(test|live)_[A-Za-z0-9_]{8,250}", key) is None:
        raise BadSetting("STRIPE_SECRET_KEY must begin with sk_test_ or rk_test_")
    if key[3:].startswith("live_"):
        if not _flag(env, "STRIPE_ALLOW_LIVE", default=False):
            raise BadSetting("STRIPE_SECRET_KEY is a live key; STRIPE_ALLOW_LIVE=true would allow it")
        if mode == "direct":
            raise BadSetting("STRIPE_MODE=direct sends test tokens, which no live key takes; use redirect")
    secret = env.get("STRIPE_WEBHOOK_SECRET") or None
    if secret is not None and not (secret.startswith("whsec_") and secret.isascii() and secret.isprintable()):
        raise BadSetting("STRIPE_WEBHOOK_SECRET must begin with whsec_")
    if secret is None and mode == "redirect":
        raise BadSetting("STRIPE_MODE=redirect needs STRIPE_WEBHOOK_SECRET: the webhook tells who has paid")
    api_base = _base_url(env, "STRIPE_API_BASE", "https://api.stripe.com")
    return StripeSettings(key, secret, api_base, cast("Literal['direct', 'redirect']", mode))


def _demo_key(key: str | None) -> str | None:
    if key is not None and not (key.startswith("sk_test_") and key.isascii() and 16 <= len(key) <= 255):
        raise BadSetting("DEMO_SECRET_KEY must begin with sk_test_ and be 16 to 255 characters long")
    return key
