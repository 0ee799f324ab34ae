"""A receipt's number, as 1234-5678, and the seal on its page's address; both follow from the object's id.

The address is the customer's only credential, as a session's is: 131 bits that nobody can work out without
the house's key, and no other object's.
"""

import hmac

from kit.ids import base62
from payments.vault import keyed_digest

SEAL_LENGTH = 22  # 62**22 is just over 2**130


def of(object_id: str) -> str:
    """Return the number that stands on an object's receipts."""
    digits = f"{int(keyed_digest(b'receipt number:' + object_id.encode()), 16) % 10**8:08}"
    return f"{digits[:4]}-{digits[4:]}"


def seal(charge_id: str) -> str:
    """Return what the address of a charge's receipt ends with."""
    return base62(int(keyed_digest(b"receipt page:" + charge_id.encode()), 16), 43)[-SEAL_LENGTH:]


def is_sealed(charge_id: str, offered: str) -> bool:
    """Tell whether an address is that of the charge's receipt."""
    return hmac.compare_digest(seal(charge_id).encode(), offered.encode())
