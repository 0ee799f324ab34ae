"""Where a session's page stands and leads: alone to `success_url`, or framed by the shop to `return_url`."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Mapped

from kit.ids import random_text
from payments.charging.methods import METHODS, known_types
from payments.errors import InvalidRequest
from payments.hosted import addresses

MAXIMUM_URL_LENGTH = 5000
PLACEHOLDER = "{CHECKOUT_SESSION_ID}"
HOSTED, EMBEDDED = "hosted_page", "embedded_page"
ALWAYS, NEVER = "always", "never"
# Of Stripe's parameters about where a page stands and leads: those that only one kind of page takes.
ONLY_WITH = {
    HOSTED: frozenset(("cancel_url", "success_url")),
    EMBEDDED: frozenset(("redirect_on_completion", "return_url")),
}
SECRET_CHARACTERS = 25  # 148 random bits: whoever knows them may pay, and needs nothing else


class WithWayBack:
    """Of a session: how its page is shown, and what opens it."""

    id: Mapped[str]
    status: Mapped[str]
    details: Mapped[dict[str, Any]]
    success_url: Mapped[str]
    cancel_url: Mapped[str | None]

    @property
    def is_embedded(self) -> bool:
        """Tell whether the page stands in a frame on the shop's own."""
        return bool(self.details.get("ui_mode") == EMBEDDED)

    @property
    def page_key(self) -> str:
        """Return what opens the page: the id, or of an embedded one its client secret."""
        return str(self.details["client_secret"] if self.is_embedded else self.id)

    @property
    def address(self) -> str | None:
        """Return where the customer pays; None once there is nothing to pay, or on the shop's own page."""
        return addresses.pay_page(self.id) if self.status == "open" and not self.is_embedded else None

    def way_back_wire(self) -> dict[str, Any]:
        """Return what the session shows of it; an embedded one's own words are among its details."""
        return {
            "cancel_url": self.cancel_url,
            "success_url": None if self.is_embedded else self.success_url,
            "ui_mode": HOSTED,
            "url": self.address,
        }


def check_way_back(params: dict[str, Any]) -> None:
    """Refuse a page that Florin does not offer, and addresses that its kind does not take."""
    mode = params.get("ui_mode", HOSTED)
    if mode not in ONLY_WITH:
        raise InvalidRequest(f"Florin does not offer ui_mode={mode} yet.", param="ui_mode")
    strange = sorted(
        name for other in ONLY_WITH if other != mode for name in ONLY_WITH[other] if params.get(name)
    )
    if strange:
        message = f"The following parameters are not supported with `ui_mode: {mode}`: {', '.join(strange)}."
        raise InvalidRequest(message, param=strange[0])
    if mode == EMBEDDED and params.get("redirect_on_completion") == NEVER:
        _check_stays(params)
        return
    needed = "return_url" if mode == EMBEDDED else "success_url"
    if not params.get(needed):
        raise InvalidRequest(f"Missing required param: {needed}.", code="parameter_missing", param=needed)
    check_url(params[needed], needed)
    if params.get("cancel_url"):
        check_url(params["cancel_url"], "cancel_url")


def _check_stays(params: dict[str, Any]) -> None:
    """Refuse what would lead the customer away from a page that they are never to leave."""
    if params.get("return_url"):
        message = "`return_url` can not be passed when `redirect_on_completion` is `never`."
        raise InvalidRequest(message, param="return_url")
    for number, name in enumerate(known_types(params.get("allowed_payment_method_types") or [])):
        if name in METHODS and METHODS[name].redirects:
            raise InvalidRequest(
                f"The payment method type {name} redirects the customer, which "
                "`redirect_on_completion: never` does not allow.",
                param=f"allowed_payment_method_types[{number}]",
            )


def check_url(url: str, param: str) -> None:
    """Refuse an address that a browser should not be sent to."""
    if not _leads_somewhere(url):
        raise InvalidRequest("Not a valid URL", code="url_invalid", param=param)


@lru_cache(maxsize=256)
def _leads_somewhere(url: str) -> bool:
    """Tell whether a browser may be sent there; merchants give the same addresses again and again."""
    plain = url.replace(PLACEHOLDER, "id")
    safe = plain.isprintable() and " " not in plain and "\\" not in plain and len(url) <= MAXIMUM_URL_LENGTH
    try:
        parts = urlsplit(plain)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    return safe and fits


def onward_of(params: dict[str, Any]) -> str:
    """Return where the customer is sent on to; empty for one who stays where they are."""
    return str(params.get("success_url") or params.get("return_url") or "")


def embedding_of(session_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return what an embedded session keeps of its parameters, with its secret; nothing for a hosted one."""
    if params.get("ui_mode", HOSTED) != EMBEDDED:
        return {}
    return {
        "ui_mode": EMBEDDED,
        "return_url": params.get("return_url"),
        "redirect_on_completion": params.get("redirect_on_completion") or ALWAYS,
        "client_secret": f"{session_id}_secret_{random_text(SECRET_CHARACTERS)}",
    }


def redirects_of(params: dict[str, Any]) -> dict[str, bool]:
    """Return what the kind of page adds to the terms of the offer: whether a bank's page may come between."""
    return {"redirects": False} if params.get("redirect_on_completion") == NEVER else {}


def own_page() -> str:
    """Return the session's own hosted page, for one whose merchant has named no other place."""
    return addresses.pay_page(PLACEHOLDER).partition("#")[0]
