"""Where the buyer goes next: the shop's own addresses, checked once more before they become links."""

from urllib.parse import urlsplit

PLACEHOLDER = "{CHECKOUT_SESSION_ID}"


def web_address(url: str | None) -> str | None:
    """Return an http or https address as it is; None for anything else, such as `javascript:`."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    clean = not any(letter.isspace() or ord(letter) < 0x20 for letter in url)
    return url if parts.scheme in ("http", "https") and parts.netloc and clean else None


def success_address(success_url: str | None, session_id: str) -> str | None:
    """Return the shop's `success_url` with the session's id in its place."""
    return web_address((success_url or "").replace(PLACEHOLDER, session_id))
