"""`python -m seed`: makes the demo merchant once; its plain keys and password are kept only in DATA_DIR."""

import fcntl
import json
import os
import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

import acquiring
from app import create_app
from config import BadSetting, Settings, load
from kit import clock, database
from kit.database import db
from payments.balance.bank_accounts import BankAccount
from payments.contracts import Contract, Terms
from payments.merchants import (
    MAXIMUM_GRACE_SECONDS,
    ApiKey,
    KeyKind,
    Merchant,
    User,
    forget_key,
    hash_key,
    operator,
)
from payments.opening import open_merchant
from payments.scope import acting_as

NAME = "Demo Shop"
EMAIL = "demo@florin.test"
KEY_NAME = "Printed by ./run"
FILE = "demo_merchant.json"  # `./run` copies it into demo.json once it serves
# Where the demo merchant's money goes: the account number that Stripe publishes for payouts that arrive.
BANK_ACCOUNT = {"country": "US", "account_number": "000123456789", "routing_number": "110000000",
                "account_holder_name": NAME, "account_holder_type": "company"}  # fmt: skip
PAID_OUT = ("usd", "eur")
ATTEMPTS = 5  # another instance on the same database may be making the merchant right now


class KeyTaken(Exception):
    """DEMO_SECRET_KEY is another merchant's key."""


def seed(settings: Settings) -> dict[str, str]:
    """Make or find the demo merchant and return its keys and login, the same ones at every start.

    Where the file with the plain keys is lost, new keys are issued and the old ones work for a week more.
    """
    path = settings.data_dir / FILE
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two starts in one folder must not both find the file missing
        facts = _made(_kept(path), settings)
        _keep(path, facts)
    return facts


def _made(kept: Mapping[str, str], settings: Settings) -> dict[str, str]:
    quiet = replace(settings, run_jobs_here=False, spool_queries=False)
    with create_app(quiet).app_context():
        try:
            return _written(kept, settings)
        finally:
            db.session.remove()
            db.engine.dispose()


def _written(kept: Mapping[str, str], settings: Settings) -> dict[str, str]:
    for _ in range(ATTEMPTS - 1):
        try:
            return _committed(kept, settings)
        except (database.DuplicateRow, database.StaleWrite):
            database.rollback()
    return _committed(kept, settings)


def _committed(kept: Mapping[str, str], settings: Settings) -> dict[str, str]:
    facts = _collect(kept, settings)
    database.commit()
    return facts


def _collect(kept: Mapping[str, str], settings: Settings) -> dict[str, str]:
    given_key, terms = settings.demo_secret_key, acquiring.terms(settings)
    user = db.session.scalar(select(User).where(User.email == EMAIL))
    merchant = db.session.get(Merchant, user.account_id) if user else None
    if merchant is None:
        merchant = open_merchant(NAME, terms)
    else:
        _sign_missing(merchant, terms)
    with acting_as(operator(merchant, livemode=False, actor="seed")):
        password = kept.get("dashboard_password") or secrets.token_urlsafe(12)
        if user is None:
            User.register(merchant, EMAIL, password)
        elif not user.has_password(password):
            user.change_password(password)
        for currency in PAID_OUT:
            if BankAccount.default_for(currency) is None:
                BankAccount.create(BANK_ACCOUNT | {"currency": currency})
        secret_key = _key(merchant, KeyKind.SECRET, kept.get("secret_key"), given_key)
        publishable_key = _key(merchant, KeyKind.PUBLISHABLE, kept.get("publishable_key"))
        if given_key and kept.get("secret_key") not in (None, secret_key):
            _retire(merchant, kept["secret_key"])
    return {
        "secret_key": secret_key,
        "publishable_key": publishable_key,
        "dashboard_email": EMAIL,
        "dashboard_password": password,
    }


def _sign_missing(merchant: Merchant, terms: Iterable[Terms]) -> None:
    """Give an older demo merchant its contract with an acquirer that has joined since."""
    signed = {contract.acquirer for contract in Contract.of(merchant.id)}
    for agreed in terms:
        if agreed.acquirer not in signed:
            Contract.sign(merchant.id, agreed)


def _key(merchant: Merchant, kind: KeyKind, kept: str | None, given: str | None = None) -> str:
    """Return a plain key that works: the given one, the kept one while it is not rolled, or a fresh one."""
    wanted = given or kept
    if wanted is None:
        newest = _newest(merchant, kind)
        if newest is None:
            return ApiKey.issue(merchant.id, kind, livemode=False, name=KEY_NAME)[1]
        return newest.roll(grace_seconds=MAXIMUM_GRACE_SECONDS)[1]
    known = _of_plain(wanted)
    if known is None:
        return ApiKey.issue(merchant.id, kind, livemode=False, plain=wanted, name=KEY_NAME)[1]
    if known.account_id != merchant.id:
        raise KeyTaken("DEMO_SECRET_KEY is already another merchant's key; choose another")
    if known.expires_at is not None and given is None:  # rolled, perhaps because it leaked: it stays so
        return ApiKey.issue(merchant.id, kind, livemode=False, name=KEY_NAME)[1]
    known.expires_at = None
    return wanted


def _retire(merchant: Merchant, plain: str) -> None:
    """End the key that DEMO_SECRET_KEY has taken the place of."""
    key = _of_plain(plain)
    if key is not None and key.account_id == merchant.id:
        key.expires_at = clock.now()
        forget_key(key.hashed)


def _newest(merchant: Merchant, kind: KeyKind) -> ApiKey | None:
    keys: Iterable[ApiKey] = db.session.scalars(
        select(ApiKey)
        .where(ApiKey.account_id == merchant.id, ApiKey.livemode.is_(False), ApiKey.kind == kind.value)
        .order_by(ApiKey.id.desc())
    )
    return next((key for key in keys if not key.expired()), None)


def _of_plain(plain: str) -> ApiKey | None:
    return db.session.scalar(select(ApiKey).where(ApiKey.hashed == hash_key(plain)))


def _kept(path: Path) -> dict[str, str]:
    """Return what an earlier start has written; a file that can't be read counts as lost."""
    try:
        facts = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return {str(name): value for name, value in facts.items() if isinstance(value, str)}


def _keep(path: Path, facts: Mapping[str, str]) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with open(unfinished, "w", opener=_for_the_owner_only) as file:
        json.dump(facts, file, indent=2)
    unfinished.replace(path)


def _for_the_owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def main() -> int:
    """Return 0, or 2 with one line on standard error where the settings or the database are at fault."""
    try:
        seed(load())
    except (BadSetting, KeyTaken) as problem:
        sys.stderr.write(f"florin: {problem}\n")
        return 2
    except (SQLAlchemyError, OSError) as problem:
        reason = str(problem).partition("\n")[0]
        sys.stderr.write(f"florin: the demo merchant could not be made ({reason})\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
