"""Idempotency keys as Stripe's v1 has them: the first answer that execution gave is the answer for a day."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Index, LargeBinary, delete
from sqlalchemy.orm import Mapped, mapped_column

from kit import bulk, clock, database
from kit.database import Base, Id, db
from payments import vault
from payments.errors import IdempotencyError, InvalidRequest, KeyInUse
from payments.scope import Caller

KEPT_SECONDS = 24 * 3600
# Longer than any request can run (bank deadline included); after it the process that held the key is gone.
ABANDONED_SECONDS = 120
MAXIMUM_KEY_LENGTH = 255
# What a kept answer begins with that tells a secret; JSON begins otherwise.
SEALED = b"sealed:"


class IdempotencyKey(Base):
    """One key of one account and mode, with the answer once there is one."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created", "created"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    created: Mapped[int]
    response_status: Mapped[int | None]
    response_body: Mapped[bytes | None] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(default=1)


@dataclass(frozen=True, slots=True)
class Replay:
    """An answer given before."""

    status: int
    body: bytes


def check_key(key: str) -> None:
    """Refuse an empty or overlong key, and one with control characters, which no column could hold."""
    if not key or len(key) > MAXIMUM_KEY_LENGTH or not key.isprintable():
        raise InvalidRequest("Idempotency-Key must be between 1 and 255 printable characters long.")


def fingerprint(method: str, path: str, params: dict[str, Any]) -> str:
    """Return the keyed hash of what a request asks, whatever the order of its parameters."""
    canonical = orjson.dumps(params, option=orjson.OPT_SORT_KEYS)
    return vault.keyed_digest(b"\n".join((method.encode(), path.encode(), canonical)))


def claim(who: Caller, key: str, asked: str) -> IdempotencyKey | Replay:
    """Take the key for this request, durably, or return the answer it already has.

    Raises KeyInUse while the first request runs, IdempotencyError where it asked something else.
    """
    key_id = hashlib.sha256(f"{who.account_id}/{who.livemode}/{key}".encode()).hexdigest()
    row = IdempotencyKey(id=key_id, fingerprint=asked, created=clock.now(), version=1)
    db.session.add(row)
    try:
        database.commit()
    except database.DuplicateRow:
        database.rollback()
    else:
        return row
    earlier = db.session.get(IdempotencyKey, key_id)
    if earlier is not None and earlier.created + KEPT_SECONDS <= clock.now():
        release(earlier)
        db.session.expunge(earlier)
        return claim(who, key, asked)
    return _earlier(earlier, asked)


def _earlier(row: IdempotencyKey | None, asked: str) -> Replay:
    if row is None:
        raise KeyInUse("The first request with this idempotency key has just ended. Please try again.")
    if row.fingerprint != asked:
        raise IdempotencyError(
            "Keys for idempotent requests can only be used with the same parameters they were first used "
            "with. Try using a key other than the one you sent if you meant to execute a different request."
        )
    if row.response_status is not None and row.response_body is not None:
        return Replay(row.response_status, _opened(row, row.response_body))
    if row.created + ABANDONED_SECONDS <= clock.now():
        return _abandoned()
    raise KeyInUse(
        "There is currently another in-progress request using this idempotency key. Please try again later.",
        code="idempotency_key_in_use",
    )


def _abandoned() -> Replay:
    # The process died mid-request. Running it again could act twice, so the answer is an honest 500.
    message = "The first request with this key was interrupted. Look the object up before trying a new key."
    return Replay(500, orjson.dumps({"error": {"type": "api_error", "message": message}}))


def complete(row: IdempotencyKey, status: int, body: bytes, *, secret: bool = False) -> None:
    """Keep the answer, sealed where it tells a secret; committed together with what the request changed."""
    row.response_status = status
    row.response_body = _sealed(row, body) if secret else body


def _sealed(row: IdempotencyKey, body: bytes) -> bytes:
    return SEALED + orjson.dumps(vault.seal(body.decode(), purpose=_purpose(row)))


def _opened(row: IdempotencyKey, kept: bytes) -> bytes:
    if not kept.startswith(SEALED):
        return kept
    return vault.unseal(orjson.loads(kept.removeprefix(SEALED)), purpose=_purpose(row)).encode()


def _purpose(row: IdempotencyKey) -> str:
    return f"answer under idempotency key {row.id}"


def release(row: IdempotencyKey) -> None:
    """Give the key back after a conflict that is not to be remembered, or after its day.

    Only as it was read: somebody else may have taken the key anew since, and may be acting under it.
    """
    as_read = (IdempotencyKey.id == row.id) & (IdempotencyKey.created == row.created)
    db.session.execute(delete(IdempotencyKey).where(as_read, IdempotencyKey.version == row.version))


def forget_old() -> int:
    """Delete keys older than a day; return how many."""
    return bulk.delete_where(IdempotencyKey, IdempotencyKey.created < clock.now() - KEPT_SECONDS)
