"""Where the hosted pages live; set once by the composition root."""

from urllib.parse import urlsplit

_base: list[str] = ["http://127.0.0.1:8000"]


def configure(public_url: str) -> None:
    """Set the address that customers reach Florin at."""
    _base[:] = [public_url.rstrip("/")]


def pay_page(session_id: str) -> str:
    """Return a session's page, in Stripe's form; the fragment never reaches a server."""
    return f"{_base[0]}/c/pay/{session_id}#fid{session_id[-12:]}"


def return_page(attempt_id: str) -> str:
    """Return where a bank's page sends the customer back to."""
    return f"{_base[0]}/c/return/{attempt_id}"


def link_page(code: str) -> str:
    """Return the short address of a payment link."""
    return f"{_base[0]}/b/{code}"


def receipt_page(charge_id: str, seal: str) -> str:
    """Return the address of a charge's receipt, which only whoever was given it knows."""
    return f"{_base[0]}/c/receipt/{charge_id}/{seal}"


def mandate_page(mandate_id: str) -> str:
    """Return the address of a mandate, which only whoever knows its id has."""
    return f"{_base[0]}/c/mandate/{mandate_id}"


def dashboard_page(path: str) -> str:
    """Return an address of the merchant's own pages."""
    return f"{_base[0]}/dashboard/{path}"


def host() -> str:
    """Return the name that customers reach Florin by."""
    return str(urlsplit(_base[0]).hostname)


def recovery_page(session_id: str) -> str:
    """Return the address that opens an expired session anew."""
    return f"{_base[0]}/c/recover/{session_id}"
