"""Card numbers at rest: AES-256-GCM under a data key for each card, wrapped by a versioned master key.

The master keys live outside the database. Fingerprints are HMACs under a key of their own, since a
plain hash of a card number falls in a fraction of a second.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kit.ids import base62

NONCE_BYTES = 12
FINGERPRINT_LENGTH = 16


class VaultLocked(Exception):
    """The vault has no key, or not the one that a secret was sealed with."""


_master_keys: dict[int, bytes] = {}
_fingerprint_keys: list[bytes] = []


def configure(master_keys: dict[int, bytes], fingerprint_key: bytes) -> None:
    """Set the keys of this process; the highest version seals, all open."""
    _master_keys.clear()
    _master_keys.update(master_keys)
    _fingerprint_keys[:] = [fingerprint_key]


def seal(plain: str, *, purpose: str) -> dict[str, Any]:
    """Return a sealed secret as a JSON document; `purpose` must be the same when it is opened."""
    if not _master_keys:
        raise VaultLocked("the vault has no master key")
    version = max(_master_keys)
    data_key = AESGCM.generate_key(bit_length=256)
    wrap_nonce, seal_nonce = secrets.token_bytes(NONCE_BYTES), secrets.token_bytes(NONCE_BYTES)
    wrapped = AESGCM(_master_keys[version]).encrypt(wrap_nonce, data_key, purpose.encode())
    sealed = AESGCM(data_key).encrypt(seal_nonce, plain.encode(), purpose.encode())
    return {"v": version, "key": _text(wrap_nonce + wrapped), "data": _text(seal_nonce + sealed)}


def unseal(document: dict[str, Any], *, purpose: str) -> str:
    """Return what was sealed; raises VaultLocked without its master key, InvalidTag if it was changed."""
    master = _master_keys.get(document["v"])
    if master is None:
        raise VaultLocked(f"no master key of version {document['v']}")
    wrapped, sealed = _bytes(document["key"]), _bytes(document["data"])
    data_key = AESGCM(master).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], purpose.encode())
    return AESGCM(data_key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode()).decode()


def fingerprint(number: str) -> str:
    """Return the keyed fingerprint of a card number: the same card, the same 16 characters."""
    if not _fingerprint_keys:
        raise VaultLocked("the vault has no fingerprint key")
    digest = hmac.new(_fingerprint_keys[0], number.encode(), hashlib.sha256).digest()
    return base62(int.from_bytes(digest), 43)[-FINGERPRINT_LENGTH:]


def keyed_digest(content: bytes) -> str:
    """Return a keyed hash of what may hold a card number; without the key nobody can try numbers on it."""
    if not _fingerprint_keys:
        raise VaultLocked("the vault has no fingerprint key")
    return hmac.new(_fingerprint_keys[0], b"content:" + content, hashlib.sha256).hexdigest()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
