"""What a bank tells of another means than a card: read with the same care as amounts and words."""

from typing import Any

from payments.acquirers.reading import integer, text


def expiry(document: dict[str, Any]) -> int | None:
    """Return until when the customer may act."""
    return None if document.get("expires_at") is None else integer(document["expires_at"])


def method_facts(told: dict[str, Any] | None) -> dict[str, Any]:
    """Return texts and numbers, and hashes of them; raises TypeError for anything else."""
    return {
        text(name): method_facts(value) if isinstance(value, dict) else _fact(value)
        for name, value in (told or {}).items()
        if name != "type" and value is not None
    }


def _fact(value: Any) -> str | int:
    return integer(value) if isinstance(value, int) else text(value)
